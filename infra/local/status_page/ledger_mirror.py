"""Keeps the ledger's rows in memory, and reads changed rows rather than the whole table.

New rows come from the index by hour; rows in flight are read again by their key. The whole table is
read at most every half minute, and less often if that takes long: only then does a reviewer's
verdict on an old photo appear. The emulator holds the whole table in memory too.
"""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from handlers.aws.photos_table import LedgerBusy, PhotosTable
from handlers.domain.ledger.tombstone import is_tombstone
from infra.local.status_page.cards import IN_FLIGHT, Card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

_OVERLAP = timedelta(seconds=15)  # a row is readable a little later than its time of arrival
_READ_ALL_EVERY_S = 30.0
_MAX_TIME_SHARE = 0.05  # of the time, to read the whole table
_MAX_IN_FLIGHT = 300  # rows read again in one refresh


class LedgerMirror:
    """The rows of the ledger, as of the last `refresh`. Not thread-safe."""

    def __init__(
        self, dynamodb: DynamoDBClient, table: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._photos = PhotosTable(dynamodb, table=table)
        self._clock = clock
        self._cards: dict[str, Card] = {}
        self._refreshed_at = datetime.min.replace(tzinfo=UTC)
        self._read_all_due_s = float("-inf")

    @property
    def cards(self) -> tuple[Card, ...]:
        """All rows, not sorted."""
        return tuple(self._cards.values())

    def refresh(self) -> None:
        """Read the rows that may have changed."""
        now, started_s = datetime.now(UTC), self._clock()
        if started_s >= self._read_all_due_s:
            rows = (row for row in self._photos.all_rows() if not is_tombstone(row))
            self._cards = {card.photo_id: card for card in map(Card.from_item, rows)}
            took_s = self._clock() - started_s
            self._read_all_due_s = started_s + max(_READ_ALL_EVERY_S, took_s / _MAX_TIME_SHARE)
        else:
            self._keep(self._arrived(self._refreshed_at - _OVERLAP, now))
            # The next refresh reads again what a busy table leaves out.
            with contextlib.suppress(LedgerBusy):
                self._keep(self._in_flight())
        self._refreshed_at = now

    def item(self, photo_id: str) -> dict[str, Any] | None:  # Any: a DynamoDB item
        """Read one row with all attributes; None without one, and for a tombstone."""
        row = self._photos.row(photo_id)
        return None if is_tombstone(row) else row

    def _keep(self, items: Iterable[Mapping[str, Any]]) -> None:
        for item in items:
            card = Card.from_item(item)
            if is_tombstone(item):
                self._cards.pop(card.photo_id, None)
            else:
                self._cards[card.photo_id] = card

    def _arrived(self, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        hour = since.replace(minute=0, second=0, microsecond=0)
        while hour <= until:
            yield from self._photos.received_in(
                hour.strftime("%Y-%m-%dT%H"), since=since.strftime("%Y-%m-%dT%H:%M:%S")
            )
            hour += timedelta(hours=1)

    def _in_flight(self) -> Iterator[dict[str, Any]]:
        """Yield the oldest rows in flight; the others follow when these have ended."""
        waiting = sorted(
            (card for card in self._cards.values() if card.state == IN_FLIGHT),
            key=lambda card: card.cursor,
        )
        ids = [card.photo_id for card in waiting[:_MAX_IN_FLIGHT]]
        yield from self._photos.rows(ids, consistent=True)
