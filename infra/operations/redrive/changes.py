"""Changes of the ledger that were not published: read from its stream again, and published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handlers.aws.dynamodb import plain
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.events import events_of
from handlers.domain.ledger.labels import labels_of
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.ledger.tombstone import is_tombstone
from handlers.domain.review.row import ReviewRow
from infra.operations.redrive.work_off import MessageAction, MessagePlan, discard, keep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

    from handlers.aws.dead_letters import DeadLetter
    from handlers.aws.event_bus import EventBus
    from handlers.aws.label_store import LabelStore
    from handlers.aws.photos_table import PhotosTable
    from handlers.domain.review.row import ItemImage

_GONE = {"TrimmedDataAccessException", "ResourceNotFoundException", "ValidationException"}
_EXPIRED = (
    "the stream keeps records for 24 hours; `scones reconcile --repair` writes labels that are "
    "missing, the events of these changes are lost"
)
_PAGES = 100  # of one message; a batch has 50 records


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMessages:
    """Plans the messages about changes: of Lambda's on-failure destination, and of Changes itself.

    The former name records of the stream, the latter a photo whose row could not be read.
    """

    streams: DynamoDBStreamsClient
    photos: PhotosTable
    labels: LabelStore
    bus: EventBus

    def change(self, message: DeadLetter) -> MessagePlan:
        """Publish the records that the message names, or the present row of its photo."""
        document = message.document or {}
        photo_id = document.get("photo_id")
        if isinstance(photo_id, str) and photo_id:
            return self._unreadable(photo_id)
        batch = document.get("DDBStreamBatchInfo")
        try:
            subject = f"{batch['shardId']} {batch['startSequenceNumber']}"  # type: ignore[index] # JSON
            records = list(self._records(batch))  # type: ignore[arg-type] # JSON
        except (KeyError, OverflowError, TypeError, ValueError):
            return keep("the message names no records of the stream")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _GONE:
                raise
            return keep(_EXPIRED, subject=subject)
        if not records:
            return keep(_EXPIRED, subject=subject)
        return MessagePlan(
            action=MessageAction.PUBLISH,
            subject=subject,
            reason=f"{len(records)} record(s)",
            run=lambda: self._publish(records),
        )

    def _unreadable(self, photo_id: str) -> MessagePlan:
        """Publish the photo's present row, once a person has repaired it."""
        row = self.photos.row(photo_id)
        if row is None or is_tombstone(row):
            return discard("the photo has no row any more", subject=photo_id)
        try:
            labels_of(ReviewRow.from_item(row), since_seq=0)
        except InvalidRecord as error:
            return keep(f"repair the row by hand first: {error}", subject=photo_id)
        return MessagePlan(
            action=MessageAction.PUBLISH,
            subject=photo_id,
            reason="the row can be read again",
            run=lambda: self._publish_change({}, row),
        )

    def _records(self, batch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the batch's records; raises what a service, or a malformed batch, raises."""
        first, last = int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])
        iterator: str | None = self.streams.get_shard_iterator(
            StreamArn=batch["streamArn"],
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch["startSequenceNumber"],
        )["ShardIterator"]
        for _ in range(_PAGES):
            if not iterator:
                return
            page: Any = self.streams.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                number = int(record["dynamodb"]["SequenceNumber"])
                if number > last:
                    return
                if number >= first:
                    yield record
                if number == last:
                    return
            iterator = page.get("NextShardIterator")

    def _publish(self, records: list[dict[str, Any]]) -> None:
        """Publish as the function Changes does: keys and ids repeat, so twice is harmless."""
        for record in records:
            change = record["dynamodb"]
            if "NewImage" not in change:
                continue  # the row has expired
            new = plain(change["NewImage"])
            if not is_tombstone(new):
                self._publish_change(plain(change.get("OldImage", {})), new)

    def _publish_change(self, old: ItemImage, new: ItemImage) -> None:
        since = int(old.get(PhotoAttribute.DECISION_SEQ, 0))
        for label in labels_of(ReviewRow.from_item(new), since_seq=since):
            self.labels.put(label)
        self.bus.publish(events_of(old, new))
