"""The photos table: all its reads, and the sweeper's writes.

Reads use a key or an index; only operators' tools scan the whole table.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from handlers.aws.dynamodb import item_of, plain
from handlers.domain.errors import LedgerUnavailable
from handlers.domain.ledger.rows import LedgerRow
from handlers.domain.ledger.schema import (
    BY_DRIVER,
    BY_HOUR,
    BY_PENDING,
    BY_REVIEW,
    BY_UPLOAD,
    PARKED,
    Index,
    PhotoAttribute,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = dict[str, Any]  # as stored; callers convert it to a record
PageKey = Mapping[str, str]  # where a query of an index continues: all keys are strings

_BATCH = 100  # the limit of BatchGetItem
_PAGE_OF_DRIVER = 25  # of these photos, the newest that is assigned is nearly always one
_PAUSES_S = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)  # the SDK does not retry unprocessed keys


class LedgerBusy(LedgerUnavailable):
    """DynamoDB left keys unprocessed several times in a row."""


class PhotosTable:
    """Reads and writes one table. Callers limit what they read, so that a function ends in time.

    All methods raise ClientError and BotoCoreError as the SDK does.
    """

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def row(self, photo_id: str) -> Row | None:
        """Return one photo's row by a consistent read, or None."""
        response = self._dynamodb.get_item(
            TableName=self._table, Key=_key(photo_id), ConsistentRead=True
        )
        return plain(response["Item"]) if "Item" in response else None

    def rows(self, photo_ids: Iterable[str], *, consistent: bool = False) -> Iterator[Row]:
        """Yield the rows of those photos that are in the table, in any order.

        Raises: LedgerBusy.
        """
        yield from self._batches(photo_ids, {"ConsistentRead": consistent})

    def known(self, photo_ids: Iterable[str]) -> set[str]:
        """Return the ids of those photos that have a row.

        Raises: LedgerBusy.
        """
        rows = self._batches(photo_ids, {"ProjectionExpression": str(PhotoAttribute.PHOTO_ID)})
        return {row[PhotoAttribute.PHOTO_ID] for row in rows}

    def all_rows(self) -> Iterator[Row]:
        """Yield the whole table by a consistent scan."""
        yield from self._scan(ConsistentRead=True)

    def statuses(self) -> Iterator[str]:
        """Yield the status of every photo by a scan; `unreadable` where it is not a text."""
        names = {"#status": PhotoAttribute.STATUS}
        for row in self._scan(ProjectionExpression="#status", ExpressionAttributeNames=names):
            yield status_of(row)

    def starting_with(self, prefix: str) -> Iterator[Row]:
        """Yield the photos whose id begins with `prefix` by a scan."""
        yield from self._scan(
            FilterExpression=f"begins_with({PhotoAttribute.PHOTO_ID}, :prefix)",
            ExpressionAttributeValues=item_of({":prefix": prefix}),
        )

    def pending(self, *, claimed_before: str, limit: int) -> Iterator[Row]:
        """Yield at most `limit` photos without an outcome, the longest claimed first."""
        rows, _ = self._query(BY_PENDING, "received", sort=("<", claimed_before), limit=limit)
        yield from rows

    def parked(self, *, limit: int, page_size: int | None = None) -> Iterator[Row]:
        """Yield at most `limit` parked photos, the oldest by receipt first, in pages on demand."""
        for rows, _ in self._pages(BY_PENDING, PARKED, limit=limit, page_size=page_size):
            yield from rows

    def count_parked(self, *, limit: int) -> int:
        """Return the number of parked photos, at most `limit`."""
        return self._count(BY_PENDING, PARKED, limit=limit)

    def count_in_flight(self, *, limit: int) -> int:
        """Return the number of photos without an outcome that are not parked, at most `limit`."""
        return self._count(BY_PENDING, "received", limit=limit)

    def open_reviews(
        self, *, received_before: str, limit: int, after: PageKey | None = None
    ) -> tuple[list[Row], PageKey | None]:
        """Return photos with an open review, the oldest first, and where to continue."""
        return self._query(BY_REVIEW, "open", sort=("<", received_before), limit=limit, after=after)

    def oldest_open_reviews(
        self, limit: int, *, attributes: Sequence[PhotoAttribute]
    ) -> Iterator[Row]:
        """Yield these attributes of photos with an open review; pages are read on demand."""
        for rows, _ in self._pages(BY_REVIEW, "open", limit=limit, attributes=attributes):
            yield from rows

    def received_in(
        self, hour: str, *, since: str = "", newest_first: bool = False
    ) -> Iterator[Row]:
        """Yield the photos of an hour in UTC, `2026-11-22T18`, received at `since` or later."""
        sort = (">=", since) if since else None
        for rows, _ in self._pages(BY_HOUR, hour, sort=sort, newest_first=newest_first):
            yield from rows

    def of_driver(
        self, driver_id: str, *, limit: int, after: PageKey | None = None
    ) -> tuple[list[Row], PageKey | None]:
        """Return at most `limit` photos of a driver, newest first, and where to continue."""
        pages = self._pages(BY_DRIVER, driver_id, limit=limit, after=after, newest_first=True)
        return next(pages)

    def ids_of_driver(self, driver_id: str) -> Iterator[list[str]]:
        """Yield the ids of a driver's photos in pages, newest first.

        The index has a photo from its claim on, so that it lists also those whose other attributes
        it shows as they were a moment ago.
        """
        pages = self._pages(
            BY_DRIVER,
            driver_id,
            newest_first=True,
            page_size=_PAGE_OF_DRIVER,
            attributes=(PhotoAttribute.PHOTO_ID,),
        )
        for rows, _ in pages:
            yield [row[PhotoAttribute.PHOTO_ID] for row in rows]

    def of_upload(self, upload_id: str, *, limit: int) -> list[Row]:
        """Return key, status and reason of the photos of an upload, newest first."""
        rows, _ = next(self._pages(BY_UPLOAD, upload_id, limit=limit, newest_first=True))
        return rows

    def requeue(self, row: LedgerRow, *, now: str) -> bool:
        """Set `requeued` and the next attempt; False if the row has changed since it was read."""
        return self._update_attempt(
            row,
            sets={
                PhotoAttribute.STATUS: "requeued",
                PhotoAttribute.ATTEMPT: row.attempt + 1,
                PhotoAttribute.PENDING: "received",
                PhotoAttribute.CLAIMED_AT: now,
                PhotoAttribute.UPDATED_AT: now,
            },
            removes=(
                *(PhotoAttribute.REASON, PhotoAttribute.MESSAGE, PhotoAttribute.CAUSE),
                *(PhotoAttribute.PARKED_AT, PhotoAttribute.PARKED_REASON),
            ),
        )

    def give_up(self, row: LedgerRow, *, reason: str, message: str, now: str) -> bool:
        """Record the photo as failed; False if the row has changed since it was read."""
        return self._update_attempt(
            row,
            sets={
                PhotoAttribute.STATUS: "failed",
                PhotoAttribute.REASON: reason,
                PhotoAttribute.MESSAGE: message,
                PhotoAttribute.UPDATED_AT: now,
            },
            removes=(
                PhotoAttribute.PENDING,
                *(PhotoAttribute.PARKED_AT, PhotoAttribute.PARKED_REASON),
            ),
        )

    def mark_enqueued(self, row: LedgerRow, *, now: str) -> bool:
        """Record the first time that the review's message was sent.

        Returns False if the review is no longer open, or another attempt has begun.
        """
        name = PhotoAttribute.ENQUEUED_AT
        return self._mark(row, f"SET {name} = if_not_exists({name}, :now)", now=now)

    def mark_reminded(self, row: LedgerRow, *, now: str) -> bool:
        """Record that the message was sent again; False as for `mark_enqueued`."""
        return self._mark(row, f"SET {PhotoAttribute.REMINDED_AT} = :now", now=now)

    def remove(self, photo_id: str) -> None:
        """Remove a photo's row, if there is one; its object version has to be gone already."""
        self._dynamodb.delete_item(TableName=self._table, Key=_key(photo_id))

    def _mark(self, row: LedgerRow, expression: str, *, now: str) -> bool:
        return self._update(
            row,
            expression,
            condition="#attempt = :attempt AND #review = :open",
            names={"#attempt": PhotoAttribute.ATTEMPT, "#review": PhotoAttribute.REVIEW},
            values={":now": now, ":attempt": row.attempt, ":open": "open"},
        )

    def _update_attempt(
        self,
        row: LedgerRow,
        *,
        sets: Mapping[PhotoAttribute, object],
        removes: Sequence[PhotoAttribute],
    ) -> bool:
        assignments = ", ".join(f"#{name} = :{name}" for name in sets)
        return self._update(
            row,
            f"SET {assignments} REMOVE {', '.join(f'#{name}' for name in removes)}",
            condition="#status = :seen AND #attempt = :seen_attempt",
            names={
                "#attempt": PhotoAttribute.ATTEMPT,
                **{f"#{name}": name for name in (*sets, *removes)},
            },
            values={
                ":seen": row.status,
                ":seen_attempt": row.attempt,
                **{f":{name}": value for name, value in sets.items()},
            },
        )

    def _update(
        self,
        row: LedgerRow,
        expression: str,
        *,
        condition: str,
        names: Mapping[str, PhotoAttribute],
        values: Mapping[str, object],
    ) -> bool:
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(row.photo_id),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=item_of(values),
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _query(
        self,
        index: Index,
        partition: str,
        *,
        sort: tuple[str, str] | None = None,
        limit: int,
        after: PageKey | None = None,
    ) -> tuple[list[Row], PageKey | None]:
        all_rows: list[Row] = []
        for rows, following in self._pages(index, partition, sort=sort, limit=limit, after=after):
            all_rows += rows
            after = following
        return all_rows, after

    def _count(self, index: Index, partition: str, *, limit: int) -> int:
        pages = self._pages(index, partition, limit=limit, attributes=(PhotoAttribute.PHOTO_ID,))
        return sum(len(rows) for rows, _ in pages)

    def _pages(
        self,
        index: Index,
        partition: str,
        *,
        sort: tuple[str, str] | None = None,  # operator, value
        limit: int | None = None,  # rows of all pages together
        page_size: int | None = None,
        after: PageKey | None = None,
        newest_first: bool = False,
        attributes: Sequence[PhotoAttribute] = (),  # by default all that the index has
    ) -> Iterator[tuple[list[Row], PageKey | None]]:
        """Yield pages of an index, each with the key to continue from; the last one with None."""
        condition = "#partition = :partition" + (f" AND #sort {sort[0]} :sort" if sort else "")
        request: dict[str, Any] = {  # Any: a request of DynamoDB, which boto3 checks
            "TableName": self._table,
            "IndexName": index.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {
                "#partition": index.partition_key,
                **({"#sort": index.sort_key} if sort else {}),
                **{f"#{name}": name for name in attributes},
            },
            "ExpressionAttributeValues": item_of(
                {":partition": partition, **({":sort": sort[1]} if sort else {})}
            ),
            "ScanIndexForward": not newest_first,
        }
        if attributes:
            request["ProjectionExpression"] = ", ".join(f"#{name}" for name in attributes)
        if page_size is not None:
            request["Limit"] = page_size
        left = limit
        while left is None or left > 0:
            if left is not None:
                request["Limit"] = left if page_size is None else min(left, page_size)
            if after:
                request["ExclusiveStartKey"] = item_of(after)
            response = self._dynamodb.query(**request)
            rows = [plain(item) for item in response["Items"]]
            last = response.get("LastEvaluatedKey")
            after = plain(last) if last else None
            yield rows, after
            if after is None:
                return
            left = None if left is None else left - len(rows)

    def _scan(self, **request: Any) -> Iterator[Row]:  # noqa: ANN401 # see _pages
        pages = self._dynamodb.get_paginator("scan")
        for page in pages.paginate(TableName=self._table, **request):
            yield from map(plain, page["Items"])

    def _batches(self, photo_ids: Iterable[str], options: Mapping[str, Any]) -> Iterator[Row]:
        keys = [_key(photo_id) for photo_id in dict.fromkeys(photo_ids)]
        for start in range(0, len(keys), _BATCH):
            wanted = {"Keys": keys[start : start + _BATCH], **options}
            yield from self._batch({self._table: wanted})

    def _batch(self, request: dict[str, Any]) -> Iterator[Row]:
        for pause_s in _PAUSES_S:
            time.sleep(pause_s)
            response = self._dynamodb.batch_get_item(RequestItems=request)
            yield from map(plain, response["Responses"].get(self._table, []))
            request = dict(response.get("UnprocessedKeys", {}))
            if not request:
                return
        raise LedgerBusy("DynamoDB left keys unprocessed after several tries; try again later")


def status_of(row: Row) -> str:
    """Return the status of a row; `unreadable` where it is not a text."""
    status = row.get(PhotoAttribute.STATUS)
    return status if isinstance(status, str) else "unreadable"


def _key(photo_id: str) -> Any:  # noqa: ANN401 # an attribute value, which boto3 checks
    return item_of({PhotoAttribute.PHOTO_ID: photo_id})
