"""The assignments for drivers: the row of the caller."""

from collections.abc import Callable

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.dynamodb import response_of
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.rows import AssignmentRow
from handlers.domain.timestamps import parse_utc


class DriverAssignments:
    """Reads rows; `unreadable` is called for one that `row_if_readable` leaves out."""

    def __init__(self, table: AssignmentsTable, *, unreadable: Callable[[], None]) -> None:
        self._table = table
        self._unreadable = unreadable

    def row(self, driver_id: str) -> AssignmentRow | None:
        """Return a driver's assignment by a consistent read, or None.

        Raises: LedgerUnavailable, InvalidRecord.
        """
        item = response_of(lambda: self._table.row(driver_id))
        if item is None:
            return None
        row = AssignmentRow.from_item(item)
        try:
            parse_utc(row.valid_until)
        except (ValueError, OverflowError) as error:
            raise InvalidRecord("the end of an assignment is malformed") from error
        return row

    def row_if_readable(self, driver_id: str) -> AssignmentRow | None:
        """Return a driver's assignment, or None also if it cannot be read.

        Raises: LedgerUnavailable.
        """
        try:
            return self.row(driver_id)
        except InvalidRecord:
            self._unreadable()
            return None
