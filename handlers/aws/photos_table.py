"""The ledger of photos, as those who look after it read and mend it: by index, never by scan."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from handlers.aws.attribute_values import plain
from handlers.domain.errors import SconesError
from handlers.domain.ledger.rows import LedgerRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Row = dict[str, Any]  # as stored; whoever reads it makes records of it
PageKey = Mapping[str, str]  # where a walk through an index goes on

_BATCH = 100  # what BatchGetItem takes at once
_PAUSES_S = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)  # the SDK does not ask again for unprocessed keys


class LedgerBusy(SconesError):
    """DynamoDB has answered only a part of what was asked, several times."""


class PhotosTable:
    """One table. Walks are bounded by whoever asks, so that no run of a function is too long."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def row(self, photo_id: str) -> Row | None:
        """A consistent read of one photo."""
        found = self._dynamodb.get_item(
            TableName=self._table, Key={"photo_id": {"S": photo_id}}, ConsistentRead=True
        )
        return plain(found["Item"]) if "Item" in found else None

    def rows(self, photo_ids: Iterable[str]) -> Iterator[Row]:
        """Those of the photos that the ledger knows, in any order."""
        yield from self._batches(photo_ids, projection="")

    def known(self, photo_ids: Iterable[str]) -> set[str]:
        """Which of the photos the ledger knows."""
        return {row["photo_id"] for row in self._batches(photo_ids, projection="photo_id")}

    def pending(self, *, claimed_before: str, limit: int) -> Iterator[Row]:
        """Undecided photos, the longest claimed first."""
        rows, _ = self._walk(
            "by_pending",
            condition="pending = :pending AND claimed_at < :before",
            values={":pending": "received", ":before": claimed_before},
            limit=limit,
        )
        yield from rows

    def open_reviews(
        self, *, received_before: str, limit: int, after: PageKey | None = None
    ) -> tuple[list[Row], PageKey | None]:
        """Photos with an open review, the longest waiting first, and where to go on."""
        return self._walk(
            "by_review",
            condition="review = :open AND received_at < :before",
            values={":open": "open", ":before": received_before},
            limit=limit,
            after=after,
        )

    def received_in(self, hour: str) -> Iterator[Row]:
        """All photos that came in an hour of UTC, `2026-11-22T18`."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_hour",
            KeyConditionExpression="received_hour = :hour",
            ExpressionAttributeValues={":hour": {"S": hour}},
        )
        for page in pages:
            yield from map(plain, page["Items"])

    def requeue(self, row: LedgerRow, *, now: str) -> bool:
        """Take the photo from its attempt: only who saw this very attempt can, and only once."""
        return self._update(
            row,
            "SET #status = :next, attempt = :attempt, pending = :pending, claimed_at = :now,"
            " updated_at = :now REMOVE reason, message, cause",
            {
                ":next": {"S": "requeued"},
                ":attempt": {"N": str(row.attempt + 1)},
                ":pending": {"S": "received"},
                ":now": {"S": now},
            },
        )

    def give_up(self, row: LedgerRow, *, reason: str, message: str, now: str) -> bool:
        """The photo has failed, under the same condition."""
        return self._update(
            row,
            "SET #status = :next, reason = :reason, message = :message, updated_at = :now"
            " REMOVE pending",
            {
                ":next": {"S": "failed"},
                ":reason": {"S": reason},
                ":message": {"S": message},
                ":now": {"S": now},
            },
        )

    def mark_enqueued(self, row: LedgerRow, *, now: str) -> bool:
        """A message for the open review was sent, and only the first time counts; False where the
        review has been done since."""
        return self._mark(row, "SET enqueued_at = if_not_exists(enqueued_at, :now)", now=now)

    def mark_reminded(self, row: LedgerRow, *, now: str) -> bool:
        """Another message was sent, under the same condition."""
        return self._mark(row, "SET reminded_at = :now", now=now)

    def _mark(self, row: LedgerRow, expression: str, *, now: str) -> bool:
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"photo_id": {"S": row.photo_id}},
                UpdateExpression=expression,
                ConditionExpression="attempt = :attempt AND #review = :open",
                ExpressionAttributeNames={"#review": "review"},
                ExpressionAttributeValues={
                    ":now": {"S": now},
                    ":attempt": {"N": str(row.attempt)},
                    ":open": {"S": "open"},
                },
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _update(
        self, row: LedgerRow, expression: str, values: "dict[str, AttributeValueTypeDef]"
    ) -> bool:
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"photo_id": {"S": row.photo_id}},
                UpdateExpression=expression,
                ConditionExpression="#status = :seen AND attempt = :seen_attempt",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    **values,
                    ":seen": {"S": row.status},
                    ":seen_attempt": {"N": str(row.attempt)},
                },
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _walk(
        self,
        index: str,
        *,
        condition: str,
        values: Mapping[str, str],
        limit: int,
        after: PageKey | None = None,
    ) -> tuple[list[Row], PageKey | None]:
        rows: list[Row] = []
        while len(rows) < limit:
            # Any: the key is absent at the start of a walk.
            start: Any = {"ExclusiveStartKey": {k: {"S": v} for k, v in (after or {}).items()}}
            page = self._dynamodb.query(
                TableName=self._table,
                IndexName=index,
                KeyConditionExpression=condition,
                ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
                Limit=limit - len(rows),
                **(start if after else {}),
            )
            rows += map(plain, page["Items"])
            last = page.get("LastEvaluatedKey")
            after = {name: value["S"] for name, value in last.items()} if last else None
            if after is None:
                break
        return rows, after

    def _batches(self, photo_ids: Iterable[str], *, projection: str) -> Iterator[Row]:
        keys = [{"photo_id": {"S": each}} for each in dict.fromkeys(photo_ids)]
        for start in range(0, len(keys), _BATCH):
            wanted: Any = {"Keys": keys[start : start + _BATCH]}
            if projection:
                wanted["ProjectionExpression"] = projection
            yield from self._batch({self._table: wanted})

    def _batch(self, request: dict[str, Any]) -> Iterator[Row]:
        for pause_s in _PAUSES_S:
            time.sleep(pause_s)
            found = self._dynamodb.batch_get_item(RequestItems=request)
            yield from map(plain, found["Responses"].get(self._table, []))
            request = dict(found.get("UnprocessedKeys", {}))
            if not request:
                return
        raise LedgerBusy("DynamoDB leaves keys unprocessed; the next run will ask again")
