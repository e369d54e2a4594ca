"""The alarms of a template, with the metrics that each reads, alone or by metric math."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.infra.template import Json, Template, readable

_TEXT = re.compile(
    r"\[(?P<severity>\w+)\] (?P<meaning>.+) Runbook: (?P<page>\S+/(?P<file>\w+\.md))"
)
_LARGEST_TEXT = 1024  # of an alarm's description, by CloudFormation's schema


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMetric:
    """One metric that an alarm reads."""

    namespace: str
    name: str
    dimensions: dict[str, str]  # values with references as readable text
    period_s: int
    statistic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmText:
    """The parts of an alarm's description."""

    severity: str
    meaning: str
    page: str  # address in the runbook
    file: str


def alarms_of(template: Template) -> dict[str, Json]:
    """Return properties of all alarms by their name in the runbook; fail without any."""
    prefix = re.compile(rf"scones-{template.stage}-(page|ticket)-")
    alarms = {
        prefix.sub("", alarm["AlarmName"]): alarm
        for alarm in template.of_type("AWS::CloudWatch::Alarm").values()
    }
    assert not [name for name in alarms if "-" in name]
    return alarms


def text_of(alarm: Json) -> AlarmText:
    """Return the parts of an alarm's description."""
    description = alarm["AlarmDescription"]
    assert len(description) <= _LARGEST_TEXT
    match = _TEXT.fullmatch(description)
    assert match, f"not [severity] meaning Runbook: page: {description}"
    return AlarmText(**match.groupdict())


def metrics_of(alarm: Json) -> Iterator[ReadMetric]:
    """Yield the alarm's only metric, or those of its expression."""
    for query in alarm.get("Metrics", ()):
        if stat := query.get("MetricStat"):
            yield _read({**stat["Metric"], "Statistic": stat["Stat"], "Period": stat["Period"]})
    if "Metrics" not in alarm:
        yield _read(alarm)


def period_of(alarm: Json) -> int:
    """Return the period of the alarm's value in seconds; fail if its metrics have several."""
    (period_s,) = {metric.period_s for metric in metrics_of(alarm)}
    return period_s


def _read(metric: Json) -> ReadMetric:
    return ReadMetric(
        namespace=metric["Namespace"],
        name=metric["MetricName"],
        dimensions={
            dimension["Name"]: readable(dimension["Value"])
            for dimension in metric.get("Dimensions", ())
        },
        period_s=metric["Period"],
        statistic=metric.get("ExtendedStatistic") or metric["Statistic"],
    )
