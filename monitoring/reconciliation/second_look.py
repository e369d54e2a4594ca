"""Looks again, by key, at what the check found: a stage that works changes while it is read.

Tables, bucket and queues are read one after another. A photo that was uploaded meanwhile is in the
later ones alone, and a photo that was decided meanwhile is in its former state in the earlier ones.
A violation counts if it is there in every look.
"""

from collections.abc import Iterable, Set
from dataclasses import replace
from datetime import timedelta

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.photos_table import PhotosTable, Row
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.rows import AssignmentRow
from monitoring.reconciliation.checker import ConservationResult, check
from monitoring.reconciliation.inventory import MALFORMED_ROW, Inventory
from monitoring.reconciliation.inventory_reader import read_records
from monitoring.reconciliation.row_parser import record_of

MOST_LOOKS = 3  # each takes milliseconds, in which hardly a photo changes


def examine(
    inventory: Inventory, photos: PhotosTable, assignments: AssignmentsTable, *, grace: timedelta
) -> tuple[Inventory, ConservationResult]:
    """Check the inventory, and again with what has changed since of the photos in question.

    Returns the inventory with these changes, and the violations that remain.

    Raises: LedgerBusy, ClientError, BotoCoreError.
    """
    result = check(inventory, grace=grace)
    for _ in range(MOST_LOOKS):
        suspects = {violation.photo_id for violation in result.violations} - {""}
        if not suspects:
            break
        inventory = _look_again(inventory, photos, assignments, suspects)
        result = check(inventory, grace=grace)
    return inventory, result


def _look_again(
    inventory: Inventory, photos: PhotosTable, assignments: AssignmentsTable, suspects: Set[str]
) -> Inventory:
    """Read the suspects' assignments and rows anew; the time of the inventory stays as it was."""
    rows = {row.photo_id: row for row in inventory.ledger}
    current = {assignment.driver_id: assignment for assignment in inventory.assignments}
    drivers = {rows[photo].driver_id for photo in suspects if photo in rows} - {""}
    drivers |= {
        assignment.driver_id for assignment in current.values() if assignment.photo_id in suspects
    }
    # Assignments before rows: the photo that an assignment names was decided by then.
    fresh = [row for row in map(assignments.row, sorted(drivers)) if row is not None]
    current = {name: kept for name, kept in current.items() if name not in drivers}
    current |= {assignment.driver_id: assignment for assignment in _readable(fresh)}
    wanted = suspects | {current[driver].photo_id for driver in drivers if driver in current}
    unreadable = [unread for unread in inventory.unreadable if unread.photo_id not in wanted]
    items = photos.rows(sorted(wanted), consistent=True)
    read = list(read_records(items, record_of, unreadable, rule=MALFORMED_ROW))
    kept = [row for row in inventory.ledger if row.photo_id not in wanted]
    return replace(
        inventory,
        ledger=(*kept, *read),
        assignments=tuple(current.values()),
        unreadable=tuple(unreadable),
    )


def _readable(items: Iterable[Row]) -> Iterable[AssignmentRow]:
    for item in items:
        try:
            yield AssignmentRow.from_item(item)
        except InvalidRecord:
            continue  # the inventory names it already
