"""Sweeper: finds misplaced photos in bounded steps and repairs them.

EventBridge Scheduler calls it every few minutes.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from handlers.aws.bucket import Bucket
from handlers.aws.clients import client
from handlers.aws.executions import Executions
from handlers.aws.object_versions import pages
from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from handlers.settings import SweeperSettings
from monitoring import metric_names as names
from monitoring.reconciliation.checkpoint import CheckpointStore
from monitoring.reconciliation.repair_executor import RepairExecutor
from monitoring.reconciliation.repair_plan import REMIND, RepairDeadlines
from monitoring.reconciliation.sweep import Sweeper, SweepLimits, SweepResult

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service=names.SWEEPER)
metrics = Metrics(service=names.SWEEPER)
tracer = Tracer(service=names.SWEEPER)

READ_TIMEOUT_S = 10
MARGIN_MS = 20_000  # left for the repair in progress, the checkpoint and the metrics


@cache
def _sweeper() -> Sweeper:
    settings = SweeperSettings.from_env(os.environ)
    s3, sqs = client("s3", read_timeout_s=READ_TIMEOUT_S), client("sqs", read_timeout_s=5)
    ledger = PhotosTable(
        client("dynamodb", read_timeout_s=READ_TIMEOUT_S), table=settings.photos_table
    )
    reviews = Queue(sqs, url=settings.review_queue_url)
    return Sweeper(
        ledger=ledger,
        listing=lambda after: pages(s3, bucket=settings.intake_bucket, after=after),
        checkpoints=CheckpointStore(Bucket(s3, bucket=settings.reports_bucket)),
        deadlines=RepairDeadlines(
            event=timedelta(seconds=settings.lost_after_s),
            execution=timedelta(seconds=settings.stuck_after_s),
            review=timedelta(hours=settings.review_idle_hours),
        ),
        limits=SweepLimits(versions=int(settings.versions_per_sweep)),
        executor=RepairExecutor(
            ledger=ledger,
            executions=Executions(
                client("stepfunctions", read_timeout_s=READ_TIMEOUT_S),
                machine_arn=settings.state_machine_arn,
            ),
            reviews=reviews,
            failures=Queue(sqs, url=settings.failures_queue_url),
        ),
    )


@tracer.capture_lambda_handler
@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(_event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Make one sweep, whatever the event; return the counts of what it examined and repaired."""
    result = _sweeper().sweep(now=datetime.now(UTC), has_time=partial(_has_time, context))
    for repair in result.needed:
        logger.warning("photo_misplaced", photo_id=repair.photo_id, rule=repair.rule)
    for refused in result.refused:
        logger.error("repair_refused", refused=refused)
    for photo_id in result.malformed:
        logger.error("ledger_row_malformed", photo_id=photo_id)
    _publish_metrics(result)
    counts: dict[str, Any] = {  # Any: JSON
        "needed": len(result.needed),
        "repaired": dict(result.repaired),
        "refused": len(result.refused),
        "malformed": len(result.malformed),
        "examined": dict(result.examined),
    }
    logger.info("sweep_completed", **counts)
    return counts


def _has_time(context: "LambdaContext") -> bool:
    return context.get_remaining_time_in_millis() > MARGIN_MS


def _publish_metrics(result: SweepResult) -> None:
    # A reminder repairs nothing: reviewers have left photos alone for a day, as on any weekend.
    needed = sum(repair.action != REMIND for repair in result.needed)
    reminders = result.repaired[REMIND]
    counts = {
        names.SWEEPS: 1,
        names.REPAIRS_NEEDED: needed,
        names.REPAIRS_MADE: result.repaired.total() - reminders,
        names.REVIEW_REMINDERS: reminders,
        names.REPAIRS_REFUSED: len(result.refused),
        names.MALFORMED_ROWS: len(result.malformed),
    }
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.add_metric(names.OLDEST_REVIEW_AGE, MetricUnit.Seconds, result.oldest_review_s)
