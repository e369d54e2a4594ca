"""Which photos are compared with which baseline: a day's, or a week's where a day is too small."""

from collections.abc import Iterator, Mapping, Sequence

from monitoring.report.advice import ADVICE, TITLES
from monitoring.report.check import Check
from monitoring.report.drift import Comparison
from monitoring.report.facts import HistoryRow, ReportInputs
from monitoring.report.table import Table
from monitoring.statistics.samples import Floats
from monitoring.statistics.verdicts import Verdict

CAPTURED_ENOUGH = 0.95


def statistical_checks(
    inputs: ReportInputs, day: Mapping[str, Table], week: Mapping[str, Table]
) -> Iterator[Check]:
    """Of every model version that answered today and has a baseline."""
    for version, table in day.items():
        if version not in inputs.baselines:
            continue
        enough, minimum = table, inputs.settings.minimum_n
        if len(table.photos) < minimum:
            enough = week.get(version, table)
        if len(enough.photos) < minimum:
            yield _not_enough(version, len(enough.photos), inputs)
            continue
        yield from _comparison(inputs, enough, is_week=enough is not table).checks()
    if not day:
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
        watched=_watched(inputs.history),
    )


def _watched(history: Sequence[HistoryRow]) -> list[Mapping[str, int]]:
    """A window that rests on a week overlaps with its neighbours: it counts as quiet."""
    return [{} if row.rolled else row.watched for row in history]


def _not_enough(version: str, n: int, inputs: ReportInputs) -> Check:
    settings = inputs.settings
    return Check(
        name="enough_data",
        title=TITLES["enough_data"],
        level=Verdict.NOT_ENOUGH_DATA,
        rule=f"at least {settings.minimum_n} classified photos in the window, or in "
        f"{settings.rolled_days} days",
        sentence=f"{n} classified photos in {settings.rolled_days} days.",
        advice=ADVICE["enough_data"],
        n=n,
        model_version=version,
        window="week",
    )
