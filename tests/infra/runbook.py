"""Render the alarms of a template as a runbook: condition, meaning and what to do, by row."""

import re
from typing import Any

from tests.documents import cells

Json = dict[str, Any]  # CloudFormation is JSON: Any is a JSON value

_ID = re.compile(r"Alarms(?P<name>\w+?)[0-9A-F]{8}")
_COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
}
_MISSING_DATA = {"breaching": "alarm", "ignore": "unchanged", "notBreaching": "OK"}


def runbook(alarms: dict[str, Json]) -> str:
    """Render alarm properties by logical id, sorted by name."""
    rows = [
        cells("alarm", "condition", "without data", "meaning and what to do"),
        cells("---", "---", "---", "---"),
    ]
    by_name = {_name(logical_id): alarm for logical_id, alarm in alarms.items()}
    for name, alarm in sorted(by_name.items()):
        state = _MISSING_DATA[alarm["TreatMissingData"]]
        rows.append(cells(f"`{name}`", _condition(alarm), state, alarm["AlarmDescription"]))
    return "\n".join(rows)


def _name(logical_id: str) -> str:
    match = _ID.fullmatch(logical_id)
    assert match, f"{logical_id} is not an alarm of the construct Alarms"
    return match["name"]


def _condition(alarm: Json) -> str:
    statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"].lower()
    comparison = _COMPARISONS[alarm["ComparisonOperator"]]
    periods, minutes = alarm["EvaluationPeriods"], alarm["Period"] // 60
    times = f", {periods} times in a row" if periods > 1 else ""
    limit = f"{alarm['Threshold']:,}"
    return f"{statistic} of {alarm['MetricName']} {comparison} {limit} in {minutes} min{times}"
