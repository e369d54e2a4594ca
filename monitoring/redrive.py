"""Failed photos get another attempt, by a new execution of today's definition.

Step Functions' own redrive resumes an execution under its old definition, at the state that failed
last; for ours that is the Fail state.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.aws.ledger import PhotoLedger
from handlers.domain.ledger import LedgerRow
from monitoring.mend import Mender

FAILED = "failed"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redriven:
    """One photo: `started`, or why not."""

    photo_id: str
    key: str
    outcome: str  # started | not_failed | overtaken
    status: str  # before


def failed_since(ledger: PhotoLedger, since: datetime, *, now: datetime) -> Iterator[LedgerRow]:
    """Failed photos that came since then, an hour's bucket at a time."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    while hour <= now:
        for item in ledger.received_in(hour.strftime("%Y-%m-%dT%H")):
            row = LedgerRow.from_item(item)
            if row.status == FAILED and datetime.fromisoformat(row.received_at) >= since:
                yield row
        hour += _HOUR


def redrive(rows: Iterable[LedgerRow], mender: Mender, *, now: datetime) -> Iterator[Redriven]:
    """Twice is once: only who saw the failed attempt can take the photo over."""
    moment = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for row in rows:
        if row.status != FAILED:
            outcome = "not_failed"
        else:
            outcome = "started" if mender.take_over(row, moment) else "overtaken"
        yield Redriven(photo_id=row.photo_id, key=row.key, outcome=outcome, status=row.status)
