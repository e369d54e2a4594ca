"""How long the longest waiting review has been open."""

from datetime import datetime

from handlers.aws.photos_table import PhotosTable
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.rows import LedgerRow
from handlers.domain.timestamps import stamp
from monitoring.reconciliation.row_parser import record_of

_LOOKED_AT = 25  # the index sorts by when photos came, and contested ones were opened later


def oldest_review_s(ledger: PhotosTable, *, now: datetime) -> float:
    """0 where there is none."""
    rows, _ = ledger.open_reviews(received_before=stamp(now), limit=_LOOKED_AT)
    oldest = 0.0
    for item in rows:
        try:
            oldest = max(oldest, _waiting_s(record_of(item), now))
        except InvalidRecord:
            continue  # the sweeper names rows that are none
    return oldest


def _waiting_s(row: LedgerRow, now: datetime) -> float:
    since = row.received_at or row.claimed_at
    if row.review_reason == "contested":
        since = row.last_activity_at or row.enqueued_at or row.updated_at
    return max(0.0, (now - datetime.fromisoformat(since)).total_seconds())
