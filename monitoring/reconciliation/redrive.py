"""Failed photos get another attempt, by a new execution of today's definition.

Step Functions' own redrive resumes an execution under its old definition, at the state that failed
last; for ours that is the Fail state.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from handlers.aws.photos_table import PhotosTable, Row
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.rows import LedgerRow
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.timestamps import stamp
from monitoring.reconciliation.repair_executor import RepairExecutor
from monitoring.reconciliation.row_parser import record_of

FAILED = "failed"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveResult:
    """One photo: `started`, or why not."""

    photo_id: str
    key: str
    outcome: str  # started | not_failed | overtaken | refused | malformed
    status: str  # before
    reason: str = ""  # what the service or the record says


def failed_since(ledger: PhotosTable, since: datetime, *, now: datetime) -> Iterator[Row]:
    """Failed photos that came since then, an hour's bucket at a time."""
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= now:
        for item in ledger.received_in(hour.strftime("%Y-%m-%dT%H")):
            if item.get(PhotoAttribute.STATUS) == FAILED and _came_since(item, since):
                yield item
        hour += _HOUR


def redrive(
    items: Iterable[Row], executor: RepairExecutor, *, now: datetime
) -> Iterator[RedriveResult]:
    """Twice is once: only who saw the failed attempt can take the photo over. One photo that
    cannot be driven does not keep the others waiting."""
    moment = stamp(now)
    for item in items:
        reason = ""
        try:
            outcome = _driven(record_of(item), executor, moment)
        except InvalidRecord as error:
            outcome, reason = "malformed", str(error)
        except (BotoCoreError, ClientError) as error:
            outcome, reason = "refused", str(error)
        yield RedriveResult(
            photo_id=str(item.get(PhotoAttribute.PHOTO_ID, "")),
            key=str(item.get(PhotoAttribute.KEY, "")),
            outcome=outcome,
            status=str(item.get(PhotoAttribute.STATUS, "")),
            reason=reason,
        )


def _driven(row: LedgerRow, executor: RepairExecutor, moment: str) -> str:
    if row.status != FAILED:
        return "not_failed"
    return "started" if executor.take_over(row, moment) else "overtaken"


def _came_since(item: Row, since: datetime) -> bool:
    try:
        row = record_of(item)
    except InvalidRecord:
        return True  # to be named, since it cannot be driven
    return datetime.fromisoformat(row.received_at or row.claimed_at) >= since
