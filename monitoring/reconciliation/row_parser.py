"""Validated rows of photos: the times of a row are times with a zone.

The state machine writes valid rows only; rows that people edit by hand may hold anything.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.rows import LedgerRow

_REQUIRED = ("uploaded_at", "claimed_at", "updated_at")
_OPTIONAL = ("received_at", "enqueued_at", "reminded_at", "lease_until", "last_activity_at")


def record_of(item: Mapping[str, Any]) -> LedgerRow:  # Any: as stored
    """Parse a row of the photos table. Raises: InvalidRecord."""
    row = LedgerRow.from_item(item)
    for name in (*_REQUIRED, *_OPTIONAL):
        text = getattr(row, name)
        if (text or name in _REQUIRED) and not _is_moment(text):
            raise InvalidRecord(f"a ledger row is malformed: {name} is not a time with a zone")
    return row


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
