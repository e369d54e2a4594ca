"""Which photos are compared with which baseline: a day's, or a week's where a day is too small."""

from collections.abc import Iterator, Mapping

from monitoring.report.advice import ADVICE, TITLES
from monitoring.report.check import Check
from monitoring.report.drift import Comparison
from monitoring.report.facts import ReportInputs
from monitoring.report.past import recently_watched
from monitoring.report.table import Table
from monitoring.statistics.severity import Severity
from monitoring.statistics.two_samples import Floats

CAPTURED_ENOUGH = 0.95


def statistical_checks(
    inputs: ReportInputs, day: Mapping[str, Table], week: Mapping[str, Table]
) -> Iterator[Check]:
    """Of every model version that answered, today or else in the week, and has a baseline."""
    answered = day or dict([*week.items()][:1])
    for version, table in answered.items():
        if version not in inputs.baselines:
            continue
        enough, minimum = day.get(version), inputs.settings.minimum_n
        if enough is None or len(enough.photos) < minimum:
            enough = week.get(version, table)
        if len(enough.photos) < minimum:
            yield _not_enough(version, len(enough.photos), inputs)
            continue
        yield from _comparison(inputs, enough, is_week=enough is not day.get(version)).checks()
    if not answered:
        yield _not_enough("", 0, inputs)


def confidences(inputs: ReportInputs, table: Table, *, is_week: bool) -> tuple[Floats, str]:
    """Those of Data Capture, unless it holds too few of them or another time."""
    captured = None
    if inputs.capture is not None and not is_week:
        captured = inputs.capture.scores.get(table.version)
    if captured is not None and captured.n >= CAPTURED_ENOUGH * len(table.photos):
        return captured.confidences(), "capture"
    return table.confidences, "ledger"


def _comparison(inputs: ReportInputs, table: Table, *, is_week: bool) -> Comparison:
    values, source = confidences(inputs, table, is_week=is_week)
    return Comparison(
        table=table,
        baseline=inputs.baselines[table.version],
        vehicles=inputs.settings.vehicles,
        confidences=values,
        source=source,
        week=is_week,
        watched=recently_watched(inputs.history, inputs.window),
    )


def _not_enough(version: str, n: int, inputs: ReportInputs) -> Check:
    settings = inputs.settings
    return Check(
        name="enough_data",
        title=TITLES["enough_data"],
        level=Severity.NOT_ENOUGH_DATA,
        rule=f"at least {settings.minimum_n} classified photos in the window, or in "
        f"{settings.rolled_days} days",
        sentence=f"{n} classified photos in {settings.rolled_days} days.",
        advice=ADVICE["enough_data"],
        n=n,
        model_version=version,
        window="week",
    )
