"""The evaluation report as one HTML file; `templates/evaluation.html` holds its text."""

from pathlib import Path

from markupsafe import Markup

from monitoring.rendering.charts import Axis, XYChart
from monitoring.rendering.format import DASH
from monitoring.rendering.markup import environment, render_page
from monitoring.rendering.thumbnails import thumbnail_data_uri
from monitoring.statistics.proportions import Proportion, proportion
from training.evaluation.evaluate_folder import Measured, Mistake
from training.evaluation.model_comparison import ModelComparison
from training.report.evaluation_summary import difference, warnings

HERE = Path(__file__).parent
_WHISKERS = 10  # intervals of the risk curve; one a point would hide it


def render(measured: Measured, comparison: ModelComparison | None = None) -> str:
    """Return the report as one HTML page."""
    page = environment(HERE / "templates")
    page.filters.update(
        share=_share, share_value=_value, share_interval=_interval, difference=difference
    )
    return render_page(
        page,
        "evaluation.html",
        title=f"Evaluation of model {measured.manifest.model_version}",
        style_sheet=HERE / "report_page.css",
        measured=measured,
        comparison=comparison,
        warnings=warnings(measured, comparison),
        thresholds=measured.thresholds(),
        confusion=_confusion(measured),
        risk_chart=_risk_chart(measured),
        reliability_chart=_reliability_chart(measured),
        mistakes=[
            (thumbnail_data_uri(mistake.photo.file.read()), _caption(mistake))
            for mistake in measured.mistakes
        ],
    )


def _confusion(measured: Measured) -> list[tuple[str, list[int], Proportion]]:
    """Return per class that occurs: its name, the predictions, and the share that is right."""
    names = measured.manifest.classes
    return [
        (name, counts, proportion(counts[index], sum(counts)))
        for index, (name, counts) in enumerate(
            zip(names, measured.confusion().tolist(), strict=True)
        )
        if sum(counts)
    ]


def _caption(mistake: Mistake) -> str:
    text = f"{mistake.predicted} {mistake.confidence:.1%}, not {mistake.photo.file}"
    return f"ASSIGNED: {text}" if mistake.assigned else text


def _risk_chart(measured: Measured) -> Markup:
    curve = measured.curve()
    highest = max((point.risk.value for point in curve), default=0.0)
    top = max(0.02, round(1.5 * highest + 0.005, 2))
    chart = XYChart(
        title="wrong among assigned against the share of vehicles assigned",
        x=Axis(name="vehicles assigned", low=0, high=1),
        y=Axis(name="wrong among assigned", low=0, high=top, digits=1),
    )
    for point in curve[:: max(1, len(curve) // _WHISKERS)]:
        chart.whisker(point.coverage, point.risk.low, point.risk.high)
    chart.line([(point.coverage, point.risk.value) for point in curve])
    figures = measured.figures
    if figures.assigned_right.of:
        chosen = (figures.vehicles_assigned.value, 1 - figures.assigned_right.value)
        label = f"threshold {measured.manifest.threshold}"
        chart.dot(chosen, label, kind="chosen", radius=5)
        chart.note(chosen, label)
    return chart.svg()


def _reliability_chart(measured: Measured) -> Markup:
    bins = measured.bins()
    low = min([0.5, *(min(cell.confidence, cell.accuracy) for cell in bins)])
    low = max(0.0, round(low - 0.05, 1))
    chart = XYChart(
        title="accuracy against confidence",
        x=Axis(name="confidence", low=low, high=1),
        y=Axis(name="right", low=low, high=1),
    )
    chart.line([(low, low), (1, 1)], kind="diagonal")
    for cell in bins:
        right = proportion(round(cell.accuracy * cell.count), cell.count)
        chart.whisker(cell.confidence, right.low, right.high)
        label = f"{cell.count} photos: {cell.confidence:.1%} sure, {cell.accuracy:.1%} right"
        chart.dot((cell.confidence, cell.accuracy), label)
    return chart.svg()


def _value(share: Proportion) -> str:
    return f"{100 * share.value:.1f} %" if share.of else DASH


def _interval(share: Proportion) -> str:
    if not share.of:
        return "no photos"
    return f"{share.count:,} of {share.of:,}; {100 * share.low:.1f} to {100 * share.high:.1f}"


def _share(share: Proportion) -> str:
    if not share.of:
        return DASH
    return f"{_value(share)} ({100 * share.low:.1f}–{100 * share.high:.1f})"
