"""The evaluation report as one HTML file."""

from collections.abc import Iterable, Iterator

from training.measure import Measured, Mistake
from training.report.charts import Chart, Range
from training.report.page import Html, Tile, figures, page, section, table, text, tiles
from training.report.thumbnails import thumbnail
from training.slices import Slice
from training.statistics import Share, share


def render(found: Measured) -> str:
    """The page."""
    return page(f"Evaluation of model {found.manifest.model_version}", _sections(found))


def _sections(found: Measured) -> Iterator[Html]:
    yield text(_about(found), kind="soft")
    yield tiles(_tiles(found))
    yield section(
        "Curves",
        figures(
            [
                (_risk(found), "Wrong among assigned, by the share of vehicles assigned; 95 %."),
                (_reliability(found), "Accuracy by confidence; on the dashed line it is honest."),
            ],
            kind="charts",
        ),
    )
    yield section("By source and class", _groups(found), _FORCED)
    yield section("What is taken for what", _confusion(found))
    yield section("Vehicles, by quality of the photo", _QUALITY, _slices(found.by_quality))
    if found.by_hardship:
        count = found.by_hardship[0].right.of
        about = text(f"{count} of the vehicles' photos, altered on purpose.", kind="note")
        yield section("Vehicles, made hard on purpose", about, _slices(found.by_hardship))
    yield section("Worst mistakes", *_mistakes(found))


_FORCED = text("Forced: when only vehicles may be answered. 95 % Wilson intervals.", kind="note")
_QUALITY = text(
    "Assigned here means sure enough and not too poor; poor photos go to a person.", kind="note"
)


def _about(found: Measured) -> str:
    side = "test photos" if found.split else "photos, all of a folder that is not split"
    words = f"{len(found.photos):,} {side}; threshold {found.manifest.threshold}."
    if found.unreadable:
        words += f" {found.unreadable} files could not be read."
    if found.ignored:
        words += f" Folders that are no class of this model: {', '.join(found.ignored[:20])}."
    return words


def _tiles(found: Measured) -> Iterator[Tile]:
    result = found.figures
    if result.forced_by_source:
        yield Tile(
            name="forced choice",
            value=f"{100 * result.forced_macro_average:.1f} %",
            note=f"mean of {len(result.forced_by_source)} sources",
        )
    for name, value in (
        ("right among all assigned", result.assigned_right),
        ("vehicles assigned", result.vehicles_assigned),
        ("non-vehicles assigned", result.strangers_assigned),
    ):
        yield Tile(name=name, value=_percent(value), note=_interval(value))
    yield Tile(
        name="calibration error",
        value=f"{100 * result.calibration_error_debiased:.1f} %",
        note=f"debiased; {100 * result.calibration_error:.1f} % as usually counted",
    )


def _groups(found: Measured) -> Html:
    rows = [
        (
            f"{group.source}, {group.label}",
            group.right.of,
            _share(group.right),
            _share(group.forced_right) if group.forced_right else "–",
            _share(group.assigned),
            f"{group.assigned.count - group.assigned_right.count}",
        )
        for group in found.figures.groups
    ]
    return table(["source, class", "photos", "right", "forced", "assigned", "wrongly"], rows)


def _confusion(found: Measured) -> Html:
    names = found.manifest.classes
    rows = [
        (name, *counts, _share(share(counts[index], sum(counts))))
        for index, (name, counts) in enumerate(zip(names, found.confusion().tolist(), strict=True))
        if sum(counts)
    ]
    return table(["it is", *(f"taken for {name}" for name in names), "right"], rows)


def _slices(slices: Iterable[Slice]) -> Html:
    rows = [
        (
            each.name,
            each.right.of,
            _share(each.right),
            _share(each.assigned),
            each.wrong.count,
            each.poor,
        )
        for each in slices
    ]
    return table(["photos", "n", "right", "assigned", "wrongly", "poor"], rows)


def _mistakes(found: Measured) -> Iterator[Html]:
    if not found.mistakes:
        yield text("None.")
        return
    yield text("Surest first; what would have been assigned comes before all.", kind="note")
    yield figures(
        (
            (
                thumbnail(each.file),
                _mistaken(each),
            )
            for each in found.mistakes
        ),
        kind="photos",
    )


def _mistaken(each: Mistake) -> str:
    taken = f"{each.says} {each.confidence:.1%}, not {each.file}"
    return f"ASSIGNED: {taken}" if each.assigned else taken


def _risk(found: Measured) -> Html:
    curve = found.curve()
    highest = max((point.risk.value for point in curve), default=0.0)
    top = max(0.02, round(1.5 * highest + 0.005, 2))
    chart = Chart(
        title="wrong among assigned against the share of vehicles assigned",
        x=Range(name="vehicles assigned", low=0, high=1),
        y=Range(name="wrong among assigned", low=0, high=top, digits=1),
    )
    for point in curve:
        chart.whisker(point.coverage, point.risk.low, point.risk.high)
    chart.line([(point.coverage, point.risk.value) for point in curve])
    result = found.figures
    if result.assigned_right.of:
        chosen = (result.vehicles_assigned.value, 1 - result.assigned_right.value)
        said = f"threshold {found.manifest.threshold}"
        chart.dot(chosen, said, kind="b", radius=5)
        chart.note(chosen, said)
    return chart.svg()


def _reliability(found: Measured) -> Html:
    bins = found.bins()
    low = min([0.5, *(min(each.confidence, each.accuracy) for each in bins)])
    low = max(0.0, round(low - 0.05, 1))
    chart = Chart(
        title="accuracy against confidence",
        x=Range(name="confidence", low=low, high=1),
        y=Range(name="right", low=low, high=1),
    )
    chart.line([(low, low), (1, 1)], kind="diagonal")
    for each in bins:
        right = share(round(each.accuracy * each.count), each.count)
        chart.whisker(each.confidence, right.low, right.high)
        said = f"{each.count} photos: {each.confidence:.1%} sure, {each.accuracy:.1%} right"
        chart.dot((each.confidence, each.accuracy), said)
    return chart.svg()


def _percent(value: Share) -> str:
    return f"{100 * value.value:.1f} %" if value.of else "–"


def _interval(value: Share) -> str:
    if not value.of:
        return "none there"
    return f"{value.count:,} of {value.of:,}; {100 * value.low:.1f} to {100 * value.high:.1f}"


def _share(value: Share) -> str:
    if not value.of:
        return "–"
    return f"{_percent(value)} ({100 * value.low:.1f}–{100 * value.high:.1f})"
