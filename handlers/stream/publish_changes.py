"""Changes: publishes the ledger's changes as labels for monitoring and training, and as events.

Both are derived from the stream of the table, so none is missed. Keys and ids are derived from the
change itself, so a batch that is delivered twice changes nothing. A change that cannot be read, of
a row that was edited by hand, goes to the dead letters at once: it must not delay the others.
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from handlers.aws.clients import client
from handlers.aws.dynamodb import plain
from handlers.aws.event_bus import EventBus
from handlers.aws.label_store import LabelStore
from handlers.aws.queue import Queue
from handlers.domain.errors import PermanentError
from handlers.domain.ledger.events import events_of
from handlers.domain.ledger.labels import labels_of
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.ledger.tombstone import is_tombstone
from handlers.domain.review.row import ReviewRow
from handlers.settings import ChangesSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="changes")
metrics = Metrics(service="changes")
tracer = Tracer(service="changes")

READ_TIMEOUT_S = 5


@cache
def _labels() -> LabelStore:
    settings = ChangesSettings.from_env(os.environ)
    return LabelStore(client("s3", read_timeout_s=READ_TIMEOUT_S), bucket=settings.labels_bucket)


@cache
def _bus() -> EventBus:
    settings = ChangesSettings.from_env(os.environ)
    return EventBus(client("events", read_timeout_s=READ_TIMEOUT_S), name=settings.event_bus_name)


@cache
def _dead_letters() -> Queue:
    settings = ChangesSettings.from_env(os.environ)
    return Queue(
        client("sqs", read_timeout_s=READ_TIMEOUT_S), url=settings.changes_dead_letters_url
    )


@tracer.capture_lambda_handler
@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Publish a batch of the stream; Lambda retries from the record that is reported as failed."""
    for record in event["Records"]:
        try:
            _publish_or_report(record["dynamodb"])
        except Exception:  # any error: it must not block the records before it
            number = record["dynamodb"]["SequenceNumber"]
            logger.exception("change_not_published", sequence_number=number)
            metrics.add_metric("ChangesNotPublished", MetricUnit.Count, 1)
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": []}


def _publish_or_report(change: dict[str, Any]) -> None:
    try:
        _publish(change)
    except _UNREADABLE as error:
        photo_id = change["Keys"][PhotoAttribute.PHOTO_ID]["S"]
        dead_letter = {
            "photo_id": photo_id,
            "sequence_number": change["SequenceNumber"],
            "error": repr(error),
        }
        _dead_letters().send(dead_letter)
        logger.error("change_unreadable", **dead_letter)  # noqa: TRY400 # the message has the error
        metrics.add_metric("ChangesUnreadable", MetricUnit.Count, 1)


# Errors of a change whose row is malformed; trying again cannot help.
_UNREADABLE = (
    PermanentError,
    ArithmeticError,
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)


def _publish(change: dict[str, Any]) -> None:
    if "NewImage" not in change:
        return  # the row has expired
    old, new = plain(change.get("OldImage", {})), plain(change["NewImage"])
    if is_tombstone(new):
        return
    labels = labels_of(
        ReviewRow.from_item(new), since_seq=int(old.get(PhotoAttribute.DECISION_SEQ, 0))
    )
    for label in labels:
        _labels().put(label)
    events = events_of(old, new)
    _bus().publish(events)
    if labels or events:
        logger.info(
            "change_published",
            photo_id=new[PhotoAttribute.PHOTO_ID],
            labels=len(labels),
            events=[event.name for event in events],
        )
        metrics.add_metric("LabelsWritten", MetricUnit.Count, len(labels))
        metrics.add_metric("EventsPublished", MetricUnit.Count, len(events))
