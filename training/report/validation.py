"""The validation report as one HTML file."""

from collections.abc import Iterator, Sequence

from training.report.page import Html, Tile, figures, page, section, table, text, tiles
from training.report.thumbnails import thumbnail
from training.validation.findings import Alike, Checked, Validation

_SHOWN = 40  # groups or photos of one kind; the document holds all of them


def render(found: Validation) -> str:
    """The page."""
    return page("Validation of labelled photos", _sections(found))


def _sections(found: Validation) -> Iterator[Html]:
    yield tiles(_tiles(found))
    if found.remarks:
        yield section("To know before training", *(text(remark) for remark in found.remarks))
    yield section("Photos", _counts(found))
    if found.unreadable:
        files = ((str(found.checked[row]), why) for row, why in found.unreadable.items())
        yield section("Unreadable", table(["file", "why"], files, texts=2))
    yield from _alike("The same bytes more than once", found.duplicates)
    yield from _alike("Look-alikes", found.near_duplicates)
    if found.suspicions:
        shown = [
            (thumbnail(each.checked.file), f"{each.says} {each.confidence:.1%} · {each.checked}")
            for each in found.suspicions[:_SHOWN]
        ]
        yield section(
            "Suspicious labels",
            text(
                f"Model {found.judged_by} is sure of another label. Photos that it learnt from "
                "hide their errors: what stands here is a part of them.",
                kind="note",
            ),
            _more(len(found.suspicions)),
            figures(shown, kind="photos"),
        )
    yield section("Poor photos", table(["defect", "photos"], found.defects.items()))


def _tiles(found: Validation) -> Iterator[Tile]:
    crossing = sum(each.crosses_sides for each in found.near_duplicates)
    sides = found.sides_px
    yield Tile(name="files", value=f"{len(found.checked):,}")
    yield Tile(name="unreadable", value=str(len(found.unreadable)))
    yield Tile(
        name="same bytes", value=f"{len(found.duplicates)} groups", note=f"{len(found.leaks)} leaks"
    )
    yield Tile(
        name="look-alikes",
        value=f"{len(found.near_duplicates)} groups",
        note=f"{crossing} across train and test",
    )
    yield Tile(
        name="label conflicts", value=str(len(found.conflicts)), note="same bytes, two labels"
    )
    yield Tile(name="suspicious labels", value=str(len(found.suspicions)))
    if sides:
        yield Tile(
            name="longest side, pixels",
            value=f"{sides['median']:.0f}",
            note=f"{sides['smallest']:.0f} to {sides['largest']:.0f}",
        )


def _counts(found: Validation) -> Html:
    labels = sorted({each.file.label for each in found.checked})
    rows = [
        (f"{source}, {side}", *(by_label.get(label, "–") for label in labels))
        for source, sides in sorted(found.counts().items())
        for side, by_label in sides.items()
    ]
    return table(["source", *labels], rows)


def _alike(title: str, groups: Sequence[Alike]) -> Iterator[Html]:
    if not groups:
        return
    shown = [
        Html(
            f'<div class="group">{_judged(each)}'
            f"{figures(map(_pictured, each.members[:6]), kind='photos')}</div>"
        )
        for each in groups[:_SHOWN]
    ]
    yield section(title, _more(len(groups)), *shown)


def _judged(group: Alike) -> Html:
    words = []
    if group.crosses_sides:
        words.append("on both sides: a test photo that training has seen, or one like it")
    if len(group.labels) > 1:
        words.append(f"called {' and '.join(group.labels)}")
    return text("; ".join(words), kind="bad") if words else Html("")


def _pictured(each: Checked) -> tuple[Html, str]:
    return thumbnail(each.file), str(each)


def _more(count: int) -> Html:
    if count <= _SHOWN:
        return Html("")
    return text(f"{_SHOWN} of {count} are shown; --json has all.", kind="note")
