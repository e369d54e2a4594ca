"""The sweeper's metrics: a reminder does not count as a repair."""

from collections import Counter
from typing import Any

from monitoring import metric_names as names
from monitoring.reconciliation import sweeper_handler
from monitoring.reconciliation.repair_plan import REMIND, START, Repair
from monitoring.reconciliation.sweep import SweepResult


def test_a_reminder_is_not_counted_as_a_repair() -> None:
    needed = [
        Repair(action=REMIND, rule="review_without_activity", photo_id="a", key="k"),
        Repair(action=REMIND, rule="review_without_activity", photo_id="b", key="k"),
        Repair(action=START, rule="lost", photo_id="c", key="k"),
    ]
    result = SweepResult(
        needed=needed, repaired=Counter({REMIND: 2, START: 1}), oldest_review_s=90_000.0
    )
    assert _counted(result) == {
        names.SWEEPS: 1,
        names.REPAIRS_NEEDED: 1,
        names.REPAIRS_MADE: 1,
        names.REVIEW_REMINDERS: 2,
        names.REPAIRS_REFUSED: 0,
        names.MALFORMED_ROWS: 0,
        names.OLDEST_REVIEW_AGE: 90_000,
    }


def _counted(result: SweepResult) -> dict[str, float]:
    sweeper_handler._publish_metrics(result)
    published: dict[str, Any] = dict(sweeper_handler.metrics.serialize_metric_set())
    sweeper_handler.metrics.clear_metrics()
    directive = published["_aws"]["CloudWatchMetrics"][0]
    return {metric["Name"]: sum(published[metric["Name"]]) for metric in directive["Metrics"]}
