"""Render the alarms of a template as an index of the runbook: severity, condition, meaning."""

from tests.documents import cells
from tests.infra.alarms import metrics_of, period_of, text_of
from tests.infra.template import Json

_COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
}
_MISSING_DATA = {"breaching": "alarm", "ignore": "unchanged", "notBreaching": "OK"}


def runbook(alarms: dict[str, Json]) -> str:
    """Render alarm properties by name, sorted by name; each name links to its page."""
    rows = [
        cells("alarm", "severity", "condition", "without data", "meaning and what to do"),
        cells("---", "---", "---", "---", "---"),
    ]
    for name, alarm in sorted(alarms.items()):
        text = text_of(alarm)
        state = _MISSING_DATA[alarm["TreatMissingData"]]
        link = f"[`{name}`](runbook/{text.file})"
        rows.append(cells(link, text.severity, _condition(alarm), state, text.meaning))
    return "\n".join(rows)


def _condition(alarm: Json) -> str:
    comparison = _COMPARISONS[alarm["ComparisonOperator"]]
    periods, minutes = alarm["EvaluationPeriods"], period_of(alarm) // 60
    times = f", {periods} times in a row" if periods > 1 else ""
    limit = f"{alarm['Threshold']:,}"
    return f"{_value(alarm)} {comparison} {limit} in {minutes} min{times}"


def _value(alarm: Json) -> str:
    for query in alarm.get("Metrics", ()):
        if "Expression" in query:
            return str(query["Label"])
    (metric,) = metrics_of(alarm)
    statistic = metric.statistic if metric.statistic.startswith("p") else metric.statistic.lower()
    return f"{statistic} of {metric.name}"
