"""Gives failed photos another attempt, by a new execution of the current definition.

The message of a failed attempt is deleted once the photo has gone on, so that the failures queue
and its alarm show what is left to do.

Step Functions' own redrive resumes an execution under its old definition, at the state that failed
last; in this state machine that is the Fail state.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.aws.dead_letters import DeadLetterReader
from handlers.aws.photos_table import PhotosTable, Row
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.messages import photo_named_in
from handlers.domain.ledger.rows import LedgerRow
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.ledger.tombstone import is_tombstone
from handlers.domain.timestamps import stamp
from monitoring.reconciliation.repair_executor import RepairExecutor
from monitoring.reconciliation.row_parser import record_of

FAILED = "failed"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveResult:
    """The outcome for one photo."""

    photo_id: str
    key: str
    outcome: str  # started | not_failed | overtaken | refused | malformed | expired
    status: str  # before the redrive
    reason: str = ""  # error of the service or of the record


def failed_since(ledger: PhotosTable, since: datetime, *, now: datetime) -> Iterator[Row]:
    """Yield failed photos received since then; queries the index one hour at a time."""
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= now:
        for item in ledger.received_in(hour.strftime("%Y-%m-%dT%H")):
            if item.get(PhotoAttribute.STATUS) == FAILED and _is_received_since(item, since):
                yield item
        hour += _HOUR


def redrive(
    items: Iterable[Row], executor: RepairExecutor, *, now: datetime
) -> Iterator[RedriveResult]:
    """Start a new attempt of each failed photo, and yield one result a photo; none of tombstones.

    Idempotent: a takeover is conditional on the failed attempt. A photo that cannot be redriven
    does not stop the others.
    """
    moment = stamp(now)
    for item in items:
        reason = ""
        if is_tombstone(item):
            continue
        try:
            row = record_of(item)
            outcome = "expired" if row.has_expired(now) else _redrive_one(row, executor, moment)
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


def is_settled(message: Mapping[str, Any], row: LedgerRow) -> bool:
    """Whether a message of the failures queue asks for nothing more. Any: JSON.

    The photo has not failed, or a later attempt has failed, which has a message of its own.
    """
    attempt = message.get("attempt")
    return row.status != FAILED or (isinstance(attempt, int) and attempt < row.attempt)


def clear_failures(queue: DeadLetterReader, ledger: PhotosTable) -> int:
    """Delete the settled messages of the failures queue and return their number.

    Raises: LedgerBusy.
    """
    messages = list(queue.receive())
    left = {message.message_id: message for message in messages}
    try:
        named = [(message, photo_named_in(message.body)) for message in messages]
        photos = {photo for _, photo in named} - {""}
        # Read after the messages: a failed row is written before its message is sent.
        rows = _readable(ledger.rows(photos, consistent=True)) if photos else {}
        for message, photo in named:
            row = rows.get(photo)
            if row is not None and is_settled(message.document or {}, row):
                queue.delete(message)
                del left[message.message_id]
    finally:
        queue.show(left.values())
    return len(messages) - len(left)


def _readable(items: Iterable[Row]) -> dict[str, LedgerRow]:
    """Return the rows by photo id; the message of a malformed row stays."""
    rows = {}
    for item in items:
        try:
            row = record_of(item)
        except InvalidRecord:
            continue
        rows[row.photo_id] = row
    return rows


def _redrive_one(row: LedgerRow, executor: RepairExecutor, moment: str) -> str:
    if row.status != FAILED:
        return "not_failed"
    return "started" if executor.take_over(row, moment) else "overtaken"


def _is_received_since(item: Row, since: datetime) -> bool:
    try:
        row = record_of(item)
    except InvalidRecord:
        return True  # it is reported as malformed
    return datetime.fromisoformat(row.received_at or row.claimed_at) >= since
