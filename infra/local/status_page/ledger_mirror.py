"""Keeps the ledger's rows in memory, at the cost of what changed rather than of the whole table.

New rows come from the index by hour, those under way are read again by their key. Every half minute
at most (less often where it takes long) the whole table is read: a reviewer's verdict on an old
photo shows no sooner. Locally the emulator holds the table in memory, too, and more of it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from handlers.aws.attribute_values import plain
from infra.local.status_page.cards import IN_FLIGHT, Card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

_OVERLAP = timedelta(seconds=15)  # a row shows a little later than the time of arrival in it
_READ_ALL_EVERY_S = 30.0
_SHARE = 0.05  # of the time at most goes into reading the whole table
_BATCH = 100  # DynamoDB's limit
_BATCHES_AT_MOST = 3


class LedgerMirror:
    """The rows of the ledger, as of the last `refresh`. Not for two threads at once."""

    def __init__(
        self, dynamodb: DynamoDBClient, table: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._cards: dict[str, Card] = {}
        self._refreshed_at = datetime.min.replace(tzinfo=UTC)
        self._read_all_due_s = float("-inf")

    @property
    def cards(self) -> tuple[Card, ...]:
        """All of them, in no order."""
        return tuple(self._cards.values())

    def refresh(self) -> None:
        """Read what may have changed."""
        now, started_s = datetime.now(UTC), self._clock()
        if started_s >= self._read_all_due_s:
            self._cards = {card.photo_id: card for card in map(Card.from_item, self._scan())}
            took_s = self._clock() - started_s
            self._read_all_due_s = started_s + max(_READ_ALL_EVERY_S, took_s / _SHARE)
        else:
            self._keep(self._arrived(self._refreshed_at - _OVERLAP, now))
            self._keep(self._under_way())
        self._refreshed_at = now

    def item(self, photo_id: str) -> dict[str, Any] | None:  # Any: a DynamoDB item
        """A whole row, read at this moment."""
        found = self._dynamodb.get_item(
            TableName=self._table, Key={"photo_id": {"S": photo_id}}, ConsistentRead=True
        )
        return plain(found["Item"]) if "Item" in found else None

    def _keep(self, items: Iterable[Mapping[str, Any]]) -> None:
        for item in items:
            card = Card.from_item(item)
            self._cards[card.photo_id] = card

    def _scan(self) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan")
        for page in pages.paginate(TableName=self._table, ConsistentRead=True):
            yield from map(plain, page["Items"])

    def _arrived(self, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        hour = since.replace(minute=0, second=0, microsecond=0)
        while hour <= until:
            pages = self._dynamodb.get_paginator("query").paginate(
                TableName=self._table,
                IndexName="by_hour",
                KeyConditionExpression="received_hour = :hour AND received_at >= :since",
                ExpressionAttributeValues={
                    ":hour": {"S": hour.strftime("%Y-%m-%dT%H")},
                    ":since": {"S": since.strftime("%Y-%m-%dT%H:%M:%S")},
                },
            )
            for page in pages:
                yield from map(plain, page["Items"])
            hour += timedelta(hours=1)

    def _under_way(self) -> Iterator[dict[str, Any]]:
        """The oldest of them: the others follow once these have ended."""
        waiting = sorted(
            (card for card in self._cards.values() if card.state == IN_FLIGHT),
            key=lambda card: card.cursor,
        )
        for start in range(0, min(len(waiting), _BATCH * _BATCHES_AT_MOST), _BATCH):
            keys = [{"photo_id": {"S": c.photo_id}} for c in waiting[start : start + _BATCH]]
            answer = self._dynamodb.batch_get_item(
                RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
            )
            yield from map(plain, answer["Responses"].get(self._table, []))
