"""Drain: starts parked photos again.

EventBridge Scheduler calls it every minute.
"""

import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from handlers.aws.clients import client
from handlers.aws.controls_table import ControlsTable
from handlers.aws.executions import Executions
from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from handlers.settings import DrainSettings
from monitoring import metric_names as names
from monitoring.drain.drain import Drain, DrainResult
from monitoring.reconciliation.repair_executor import RepairExecutor

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service=names.DRAIN)
metrics = Metrics(service=names.DRAIN)
tracer = Tracer(service=names.DRAIN)

READ_TIMEOUT_S = 5


@cache
def _drain() -> Drain:
    settings = DrainSettings.from_env(os.environ)
    dynamodb = client("dynamodb", read_timeout_s=READ_TIMEOUT_S)
    sqs = client("sqs", read_timeout_s=READ_TIMEOUT_S)
    ledger = PhotosTable(dynamodb, table=settings.photos_table)
    return Drain(
        ledger=ledger,
        controls=ControlsTable(dynamodb, table=settings.controls_table),
        executor=RepairExecutor(
            ledger=ledger,
            executions=Executions(
                client("stepfunctions", read_timeout_s=READ_TIMEOUT_S),
                machine_arn=settings.state_machine_arn,
            ),
            reviews=Queue(sqs, url=settings.review_queue_url),
            failures=Queue(sqs, url=settings.failures_queue_url),
        ),
        sleep=time.sleep,
    )


@tracer.capture_lambda_handler
@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(_event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Run one round, whatever the event; return the counts of what it did and left."""
    result = _drain().round()
    for refused in result.refused:
        logger.error("start_refused", refused=refused)
    for photo_id in result.malformed:
        logger.error("ledger_row_malformed", photo_id=photo_id)
    _publish_metrics(result)
    counts: dict[str, Any] = {  # Any: JSON
        "started": result.started,
        "decided": result.decided,
        "parked_again": result.parked_again,
        "given_up": result.given_up,
        "parked": result.parked,
    }
    logger.info("round_completed", **counts, oldest_parked_s=result.oldest_parked_s)
    return counts


def _publish_metrics(result: DrainResult) -> None:
    counts = {
        names.DRAIN_ROUNDS: 1,
        names.PARKED_PHOTOS: result.parked,
        names.DRAINED_PHOTOS: result.started,
    }
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.add_metric(names.OLDEST_PARKED_AGE, MetricUnit.Seconds, result.oldest_parked_s)
