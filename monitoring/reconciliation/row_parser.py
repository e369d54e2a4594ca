"""Validated rows of the ledger: texts are texts, and times are times with a zone.

The state machine writes valid rows only; rows that people edit by hand may hold anything.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.rows import AssignmentRow, LedgerRow

_REQUIRED = ("uploaded_at", "claimed_at", "updated_at")
_OPTIONAL = ("received_at", "enqueued_at", "reminded_at", "lease_until", "last_activity_at")


def record_of(item: Mapping[str, Any]) -> LedgerRow:  # Any: as stored
    """Parse a row of the photos table. Raises: InvalidRecord."""
    row = LedgerRow.from_item(item)
    _check_texts(row)
    for name in (*_REQUIRED, *_OPTIONAL):
        text = getattr(row, name)
        if (text or name in _REQUIRED) and not _is_moment(text):
            raise InvalidRecord(f"a ledger row is malformed: {name} is not a time with a zone")
    return row


def assignment_of(item: Mapping[str, Any]) -> AssignmentRow:  # Any: as stored
    """Parse a row of the assignments table. Raises: InvalidRecord."""
    row = AssignmentRow.from_item(item)
    _check_texts(row)
    return row


def _check_texts(row: LedgerRow | AssignmentRow) -> None:
    for field in fields(row):
        if field.type is str and not isinstance(getattr(row, field.name), str):
            raise InvalidRecord(f"a row is malformed: {field.name} is not a text")


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
