"""The validation report as one HTML file; `templates/validation.html` holds its text."""

from collections.abc import Sequence
from pathlib import Path

from monitoring.rendering.markup import environment, render_page
from monitoring.rendering.thumbnails import thumbnail_data_uri
from training.validation.findings import Alike, Checked, Validation

HERE = Path(__file__).parent
_SHOWN = 40  # groups of one kind; the document holds all of them
_SHOWN_MEMBERS = 6
_SHOWN_SUSPICIONS = 120
Picture = tuple[str | None, str]  # data URI and caption


def render(validation: Validation) -> str:
    """Return the report as one HTML page."""
    return render_page(
        environment(HERE / "templates"),
        "validation.html",
        title="Validation of labelled photos",
        style_sheet=HERE / "report_page.css",
        validation=validation,
        crossing=sum(group.crosses_sides for group in validation.near_duplicates),
        counts=_counts(validation),
        duplicates=_groups(validation.duplicates),
        near_duplicates=_groups(validation.near_duplicates),
        suspicions=[
            (
                _picture(suspicion.checked)[0],
                f"{suspicion.predicted} {suspicion.confidence:.1%} · {suspicion.checked}",
            )
            for suspicion in validation.suspicions[:_SHOWN_SUSPICIONS]
        ],
        shown=_SHOWN,
        shown_suspicions=_SHOWN_SUSPICIONS,
    )


def _counts(validation: Validation) -> tuple[list[str], list[list[object]]]:
    """Return the labels, and one row of counts per source and side."""
    labels = sorted({checked.file.label for checked in validation.checked})
    rows: list[list[object]] = [
        [f"{source}, {side}", *(by_label.get(label, "–") for label in labels)]
        for source, sides in sorted(validation.counts().items())
        for side, by_label in sides.items()
    ]
    return labels, rows


def _groups(groups: Sequence[Alike]) -> list[tuple[str, list[Picture]]]:
    """Return the warning (may be empty) and the pictures of the first groups."""
    return [
        (_warning(group), [_picture(checked) for checked in group.members[:_SHOWN_MEMBERS]])
        for group in groups[:_SHOWN]
    ]


def _warning(group: Alike) -> str:
    clauses = []
    if group.crosses_sides:
        clauses.append("on both sides: a test photo that training has seen, or one like it")
    if len(group.labels) > 1:
        clauses.append(f"labelled {' and '.join(group.labels)}")
    return "; ".join(clauses)


def _picture(checked: Checked) -> Picture:
    return thumbnail_data_uri(checked.file.read()), str(checked)
