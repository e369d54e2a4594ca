"""Tombstones: what is left of a photo's row after its driver was erased.

A tombstone has the key of the row, so that a late event, a retried write or a restored row of the
photo changes nothing: the claim fails, and every fence does. It is in no index and names no driver,
object or decision.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.timestamps import stamp

ERASED = "erased"  # status of a tombstone, which no row has
# Longer than every store keeps what could bring the photo back: events, messages, backups.
KEPT = timedelta(days=100)


def tombstone(photo_id: str, *, at: datetime) -> dict[str, object]:
    """Return the item that replaces the photo's row, or keeps its place before a first claim."""
    return {
        PhotoAttribute.PHOTO_ID: photo_id,
        PhotoAttribute.STATUS: ERASED,
        # The workflow reads it back after a cancelled transaction, and finds another's row.
        PhotoAttribute.EXECUTION_ARN: ERASED,
        PhotoAttribute.UPDATED_AT: stamp(at),
        PhotoAttribute.KEPT_UNTIL: int((at + KEPT).timestamp()),
    }


def is_tombstone(item: Mapping[str, Any] | None) -> bool:  # Any: a DynamoDB item
    """Whether an item of the photos table is a tombstone; false for None, a row that is absent."""
    return item is not None and item.get(PhotoAttribute.STATUS) == ERASED
