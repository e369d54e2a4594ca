"""Messages that name a photo: failed photos, events that started nothing, review messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.identity import INTAKE_PREFIX, photo_id
from handlers.domain.ledger.messages import photo_named_in
from handlers.domain.ledger.tombstone import is_tombstone
from infra.operations.redrive.work_off import MessageAction, MessagePlan, discard, keep
from monitoring.reconciliation.redrive import FAILED, is_settled
from monitoring.reconciliation.repair_plan import REMIND, Repair
from monitoring.reconciliation.row_parser import record_of

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.aws.dead_letters import DeadLetter
    from handlers.domain.ledger.rows import LedgerRow
    from monitoring.reconciliation.repair_executor import RepairExecutor

_PHOTO_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_LABEL_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoMessages:
    """Plans the messages about photos; photos are looked up by their key."""

    executor: RepairExecutor
    intake_bucket: str
    now: datetime

    def failure(self, message: DeadLetter) -> MessagePlan:
        """Start the failed photo's next attempt."""
        photo = photo_named_in(message.body)
        if not photo:
            return keep("the message names no photo")
        item = self.executor.ledger.row(photo)
        if is_tombstone(item):
            return discard("the photo's driver was erased", subject=photo)
        row = self._row(photo)
        if row is None:
            return keep("the ledger has no such photo, or its row is malformed", subject=photo)
        if is_settled(message.document or {}, row):
            return discard(f"the photo is {row.status} by attempt {row.attempt}", subject=photo)
        return MessagePlan(
            action=MessageAction.START,
            subject=photo,
            run=lambda: self._repair(row, action="take_over"),
        )

    def intake(self, message: DeadLetter) -> MessagePlan:
        """Start an execution with the event, as the rule would have done."""
        event = message.document
        photo = _photo_of(event, bucket=self.intake_bucket) if event else None
        if event is None or photo is None:
            return keep("the message is not an event of a photo of this stage")
        if self.executor.ledger.row(photo) is not None:
            return discard("an execution has claimed the photo", subject=photo)
        label = f"redrive-{photo[:_LABEL_LENGTH]}"
        return MessagePlan(
            action=MessageAction.START,
            subject=photo,
            run=lambda: _ignore(self.executor.executions.start(event, label=label)),
        )

    def review(self, message: DeadLetter) -> MessagePlan:
        """Send the message of an open review again, composed anew from the ledger."""
        match = _PHOTO_ID.search(message.body)
        if match is None:
            return keep("the message names no photo; the sweeper reminds of every open review")
        row = self._row(match[0])
        if row is None:
            return keep("the ledger has no such photo, or its row is malformed", subject=match[0])
        if row.review != "open":
            return discard(f"the review is {row.review}", subject=row.photo_id)
        return MessagePlan(
            action=MessageAction.SEND,
            subject=row.photo_id,
            run=lambda: self._repair(row, action=REMIND),
        )

    def _row(self, photo: str) -> LedgerRow | None:
        item = self.executor.ledger.row(photo)
        try:
            return None if item is None else record_of(item)
        except InvalidRecord:
            return None

    def _repair(self, row: LedgerRow, *, action: str) -> None:
        # False: another command or the sweeper has changed the photo since, which settles it.
        repair = Repair(action=action, rule=FAILED, photo_id=row.photo_id, key=row.key, row=row)
        self.executor.execute(repair, now=self.now)


def _photo_of(event: dict[str, Any], *, bucket: str) -> str | None:
    """Return the photo's id; None for what is not an S3 event of the intake bucket."""
    try:
        stored, name = event["detail"]["object"], event["detail"]["bucket"]["name"]
        key, etag, version = stored["key"], stored["etag"], stored.get("version-id")
    except (AttributeError, KeyError, TypeError):
        return None
    are_texts = all(isinstance(text, str) for text in (key, etag, version or ""))
    if name != bucket or not are_texts or not key.startswith(INTAKE_PREFIX):
        return None
    return photo_id(bucket=name, key=key, version_id=version, etag=etag)


def _ignore(_value: object) -> None:
    """Drop the ARN of a started execution."""
