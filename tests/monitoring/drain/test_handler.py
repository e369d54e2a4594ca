"""The drain's metrics, which its alarms read: also published when nothing is parked."""

from typing import Any

import pytest

from monitoring import metric_names as names
from monitoring.drain import handler
from monitoring.drain.drain import DrainResult


@pytest.mark.parametrize(
    "result", [DrainResult(), DrainResult(started=3, parked=7, oldest_parked_s=61.5)]
)
def test_a_round_publishes_what_waits_and_for_how_long(result: DrainResult) -> None:
    handler._publish_metrics(result)
    published: dict[str, Any] = dict(handler.metrics.serialize_metric_set())
    handler.metrics.clear_metrics()
    directive = published["_aws"]["CloudWatchMetrics"][0]
    values = {metric["Name"]: sum(published[metric["Name"]]) for metric in directive["Metrics"]}
    assert values == {
        names.DRAIN_ROUNDS: 1,
        names.PARKED_PHOTOS: result.parked,
        names.DRAINED_PHOTOS: result.started,
        names.OLDEST_PARKED_AGE: result.oldest_parked_s,
    }
