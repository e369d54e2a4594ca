"""The ledger for reviews: one transaction for each decision, and the list of open reviews."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.dynamodb import response_of, responses_of, succeeds
from handlers.aws.photos_table import PhotosTable
from handlers.aws.review_transactions import Tables, replacement, restoration, transaction
from handlers.domain.errors import InvalidRecord, LedgerUnavailable
from handlers.domain.ledger.rows import AssignmentRow
from handlers.domain.ledger.schema import AssignmentAttribute, PhotoAttribute
from handlers.domain.ledger.tombstone import is_tombstone
from handlers.domain.review.assignment_update import (
    AssignmentUpdate,
    assignment_of,
    needs_successor,
    plan_assignment_update,
)
from handlers.domain.review.change import DecisionChange, Refused, Repeated
from handlers.domain.review.row import ItemImage, ReviewRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Decider = Callable[[ReviewRow | None], DecisionChange | Repeated | Refused]

_ATTEMPTS = 6  # of a decision that conflicts with others of the same photo, driver or reviewer
_LONGEST_ID = 64  # characters of a photo id
_OFFER_ATTRIBUTES = (
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
    """A decision that was written, with everything that it changed."""

    row: ReviewRow  # as it was before
    change: DecisionChange
    update: AssignmentUpdate
    entry: ItemImage  # as the row's list of decisions keeps it


def pause(attempt: int) -> None:
    """Sleep before another try: full jitter, up to a quarter of a second."""
    time.sleep(random.uniform(0, min(0.25, 0.01 * 2**attempt)))  # noqa: S311 # jitter


class ReviewLedger:
    """Reads and decides one photo at a time; every write is conditional on what was read."""

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
        """Return a photo's row by a consistent read; None without one, and for a tombstone.

        Raises: LedgerUnavailable, InvalidRecord.
        """
        row = response_of(lambda: self._photos.row(photo_id))
        return ReviewRow.from_item(row) if row and not is_tombstone(row) else None

    def decide(self, photo_id: str, decide: Decider) -> Decided | Repeated | Refused:
        """Write what `decide` returns for the row; if the row changes meanwhile, start again.

        A transaction is also cancelled after it was written by a call whose response was lost; then
        `decide` returns Repeated for the row that is read again.

        Raises: LedgerUnavailable, InvalidRecord.
        """
        for attempt in range(_ATTEMPTS):
            row = self.read(photo_id)
            change = decide(row)
            if row is None or isinstance(change, Repeated | Refused):
                return (
                    change
                    if not isinstance(change, DecisionChange)
                    else Refused(code="no_such_review")
                )
            current = self._assignment(row.driver_id)
            if current is not None and not _is_assignment(current):
                self._replace_unreadable(row.driver_id, current, now=change.decided_at)
                continue
            successor = None
            if current is not None and needs_successor(row, change.after, current):
                successor = self._newest_assigned(row.driver_id, current, besides=row.photo_id)
            update = plan_assignment_update(
                row, change.after, current=current, successor=successor, now=change.decided_at
            )
            items, entry = transaction(self._tables, change, update, current)
            if succeeds(lambda: self._dynamodb.transact_write_items(TransactItems=items)):  # noqa: B023 # called at once
                return Decided(row=row, change=change, update=update, entry=entry)
            self._pause(attempt)
        raise LedgerUnavailable(
            "too many simultaneous decisions about this photo or its driver; try again"
        )

    def restore_assignment(self, photo_id: str, *, now: str) -> bool:
        """Write the assignment of an assigned photo where its driver has none, or an older one.

        Returns False if the photo is not assigned, or the assignment is of a newer photo.

        Raises: LedgerUnavailable, InvalidRecord.
        """
        row = self.read(photo_id)
        if row is None or row.state.status != "assigned" or not row.driver_id:
            return False
        items = restoration(self._tables, row, assignment_of(row, row.state, now))
        return succeeds(lambda: self._dynamodb.transact_write_items(TransactItems=items))

    def open_reviews(self, limit: int, *, unreadable: Callable[[str], None]) -> Iterator[ReviewRow]:
        """Yield open reviews, the oldest first, with only the attributes that `lease.offer` needs.

        The index is eventually consistent. `unreadable` gets the photo id of each row that cannot
        be read.

        Raises: LedgerUnavailable.
        """
        items = self._photos.oldest_open_reviews(limit, attributes=_OFFER_ATTRIBUTES)
        for item in responses_of(items):
            row = _readable(item)
            if row is not None:
                yield row
            else:
                unreadable(str(item[PhotoAttribute.PHOTO_ID]))

    def _assignment(self, driver_id: str) -> ItemImage | None:
        if not driver_id:
            return None
        return response_of(lambda: self._assignments.row(driver_id))

    def _replace_unreadable(self, driver_id: str, unreadable: ItemImage, *, now: str) -> None:
        """Write what the driver's photos say, in place of an assignment that cannot be read.

        Without it, no photo of the driver could be decided until an operator has repaired the row.
        """
        newest = self._newest_assigned(driver_id, unreadable)
        item = assignment_of(newest, newest.state, now) if newest else None
        items = replacement(self._tables, driver_id, unreadable, newest, item)
        # If the condition fails, the row has changed meanwhile and is read again.
        succeeds(lambda: self._dynamodb.transact_write_items(TransactItems=items))

    def _newest_assigned(
        self, driver_id: str, current: ItemImage, *, besides: str = ""
    ) -> ReviewRow | None:
        """Return the driver's newest other assigned photo; the transaction checks it again.

        The index only names the photos, since its copies of them may be out of date; the rows are
        read consistently. A row that cannot be read is skipped.
        """
        last = current.get(AssignmentAttribute.LAST_SUPERSEDED)
        named = [last] if isinstance(last, str) and 0 < len(last) <= _LONGEST_ID else []
        rows = self._assigned(named, besides=besides) if named else []
        for ids in responses_of(self._photos.ids_of_driver(driver_id)):
            newest = self._assigned(ids, besides=besides)
            if newest:
                rows += newest
                break
        return max(rows, key=_order, default=None)

    def _assigned(self, photo_ids: list[str], *, besides: str) -> list[ReviewRow]:
        items = responses_of(self._photos.rows(photo_ids, consistent=True))
        rows = [row for item in items if (row := _readable(item)) is not None]
        return [row for row in rows if _can_be_in_force(row) and row.photo_id != besides]


def _is_assignment(item: ItemImage) -> bool:
    try:
        AssignmentRow.from_item(item)
    except InvalidRecord:
        return False
    return True


def _readable(item: ItemImage) -> ReviewRow | None:
    try:
        return ReviewRow.from_item(item)
    except InvalidRecord:
        return None  # an operator sees it in `scones reconcile`


def _can_be_in_force(row: ReviewRow) -> bool:
    """Whether the photo is assigned; in an assignment, DynamoDB refuses empty keys of an index."""
    state = row.state
    return state.status == "assigned" and all((state.vehicle, state.order_range, state.valid_until))


def _order(row: ReviewRow) -> str:
    return row.photo_order
