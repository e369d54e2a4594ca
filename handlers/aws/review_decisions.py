"""The ledger's rows as reviews use them: decisions, each in one transaction, and what is open."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.dynamodb import answer_of, answers_of, succeeds
from handlers.aws.photos_table import PhotosTable
from handlers.aws.review_transactions import Tables, transaction
from handlers.domain.errors import LedgerUnavailable
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.review.assignment_update import (
    AssignmentUpdate,
    needs_successor,
    plan_assignment_update,
)
from handlers.domain.review.change import DecisionChange, Refused, Repeated
from handlers.domain.review.row import ItemImage, ReviewRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Judge = Callable[[ReviewRow | None], DecisionChange | Repeated | Refused]

_ATTEMPTS = 6  # of a decision that meets others about the same photo, driver or reviewer
_OF_OFFERS = (
    PhotoAttribute.PHOTO_ID,
    PhotoAttribute.BUCKET,
    PhotoAttribute.KEY,
    PhotoAttribute.ETAG,
    PhotoAttribute.UPLOADED_AT,
    PhotoAttribute.RECEIVED_AT,
    PhotoAttribute.STATUS,
    PhotoAttribute.REVIEW,
    PhotoAttribute.DECISION_SEQ,
    PhotoAttribute.FIRST_BY,
    PhotoAttribute.SECOND_UNTIL,
    PhotoAttribute.SKIPPED,
    PhotoAttribute.LEASE_ID,
    PhotoAttribute.LEASE_OWNER,
    PhotoAttribute.LEASE_SINCE,
    PhotoAttribute.LEASE_UNTIL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as it was written."""

    row: ReviewRow  # as it was before
    change: DecisionChange
    settlement: AssignmentUpdate
    entry: ItemImage


def pause(attempt: int) -> None:
    """Full jitter, up to a quarter of a second."""
    time.sleep(random.uniform(0, min(0.25, 0.01 * 2**attempt)))  # noqa: S311 # jitter


class ReviewLedger:
    """Reads and writes one photo at a time; every write says what it rests on."""

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        *,
        tables: Tables,
        pause: Callable[[int], None] = pause,
    ) -> None:
        self._dynamodb = dynamodb
        self._tables = tables
        self._photos = PhotosTable(dynamodb, table=tables.photos)
        self._assignments = AssignmentsTable(dynamodb, table=tables.assignments)
        self._pause = pause

    def read(self, photo_id: str) -> ReviewRow | None:
        """Raises: LedgerUnavailable, InvalidRecord."""
        row = answer_of(lambda: self._photos.row(photo_id))
        return ReviewRow.from_item(row) if row else None

    def decide(self, photo_id: str, judge: Judge) -> Decided | Repeated | Refused:
        """Judge the row and write that, or judge it anew when it was not the same any more.

        A cancelled transaction may have met a competing one, or may have been written by a call
        whose reply was lost: reading again tells.

        Raises: LedgerUnavailable, InvalidRecord.
        """
        for attempt in range(_ATTEMPTS):
            row = self.read(photo_id)
            change = judge(row)
            if row is None or isinstance(change, Repeated | Refused):
                return (
                    change
                    if not isinstance(change, DecisionChange)
                    else Refused(code="no_such_review")
                )
            current = self._assignment(row.driver_id)
            successor = None
            if needs_successor(row, change.after, current):
                successor = self._newest_assigned(row)
            settlement = plan_assignment_update(
                row, change.after, current=current, successor=successor, now=change.decided_at
            )
            items, entry = transaction(self._tables, change, settlement, current)
            if succeeds(lambda: self._dynamodb.transact_write_items(TransactItems=items)):  # noqa: B023 # called at once
                return Decided(row=row, change=change, settlement=settlement, entry=entry)
            self._pause(attempt)
        raise LedgerUnavailable("too many decisions at once about this photo or its driver")

    def open_reviews(self, limit: int) -> Iterator[ReviewRow]:
        """The oldest first, from an index that may be a moment behind; only what offers need.

        Raises: LedgerUnavailable, InvalidRecord.
        """
        rows = self._photos.oldest_open_reviews(limit, attributes=_OF_OFFERS)
        yield from map(ReviewRow.from_item, answers_of(rows))

    def _assignment(self, driver_id: str) -> ItemImage | None:
        if not driver_id:
            return None
        return answer_of(lambda: self._assignments.row(driver_id))

    def _newest_assigned(self, row: ReviewRow) -> ReviewRow | None:
        """The driver's newest other photo that is assigned; the transaction checks it once more."""
        items = answer_of(lambda: self._photos.newest_assigned(row.driver_id, besides=row.photo_id))
        # Photos of the same second: the id breaks the tie.
        rows = sorted(map(ReviewRow.from_item, items), key=_order)
        return self.read(rows[-1].photo_id) if rows else None


def _order(row: ReviewRow) -> str:
    return row.photo_order
