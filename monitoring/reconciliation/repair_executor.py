"""Executes repairs: a repair is one conditional write, one start or one message."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.aws.executions import Executions
from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from handlers.domain.errors import SconesError
from handlers.domain.ledger.identity import ObjectVersion
from handlers.domain.ledger.messages import failure_message, review_message
from handlers.domain.ledger.rows import LedgerRow
from handlers.domain.timestamps import stamp
from monitoring.reconciliation.messages import event_of_row, event_of_upload
from monitoring.reconciliation.repair_plan import (
    GIVE_UP,
    PUT_ASSIGNMENT,
    REMIND,
    SEND_FAILURE,
    SEND_REVIEW,
    START,
    TAKE_OVER,
    WRITE_LABELS,
    Repair,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitoring.reconciliation.derived_records import DerivedRecords

ENDED_TOO_OFTEN = "EndedTooOften"
_MESSAGE = (
    "Something went wrong on our side, more than once. We are looking into it; "
    "you can also send the photo again."
)
_LABEL_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairExecutor:
    """Executes repairs through the ledger, the state machine and the queues."""

    ledger: PhotosTable
    executions: Executions
    reviews: Queue
    failures: Queue
    derived: "DerivedRecords | None" = None  # the sweeper writes none

    def execute(self, repair: Repair, *, now: datetime) -> bool:
        """Execute one repair; return False where the photo has changed since it was read.

        Raises: SconesError; ClientError and BotoCoreError of the services.
        """
        if repair.action == START and repair.upload is not None:
            return self._start(repair.upload)
        if self.derived is not None and repair.action == WRITE_LABELS:
            return self.derived.write_labels(repair.photo_id, repair.decisions)
        if self.derived is not None and repair.action == PUT_ASSIGNMENT:
            return self.derived.restore_assignment(repair.photo_id, stamp(now))
        if repair.row is None:
            return False
        actions: dict[str, Callable[[LedgerRow, str], bool]] = {
            TAKE_OVER: self.take_over,
            GIVE_UP: self._give_up,
            SEND_REVIEW: self._send_review,
            REMIND: self._remind,
            SEND_FAILURE: self._send_failure,
        }
        return actions[repair.action](repair.row, stamp(now))

    def take_over(self, row: LedgerRow, now: str, *, probe: bool = False) -> bool:
        """Start the photo's next attempt; return False where another execution has taken it over.

        A probe calls the endpoint although the breaker is open.
        If the start fails after the write, the row stays `requeued`: a later sweep reads it and
        makes the attempt after that.
        """
        if not self.ledger.requeue(row, now=now):
            return False
        attempt = row.attempt + 1
        label = f"takeover-{row.photo_id[:_LABEL_LENGTH]}-{attempt}"
        self.executions.start(event_of_row(row, attempt=attempt, probe=probe), label=label)
        return True

    def _start(self, upload: ObjectVersion) -> bool:
        label = f"start-{upload.photo_id[:_LABEL_LENGTH]}"
        self.executions.start(event_of_upload(upload), label=label)
        return True

    def _give_up(self, row: LedgerRow, now: str) -> bool:
        if not self.ledger.give_up(row, reason=ENDED_TOO_OFTEN, message=_MESSAGE, now=now):
            return False
        return self._send_failure(row, now)

    def _send_review(self, row: LedgerRow, now: str) -> bool:
        # The message before the mark: a crash in between sends it twice rather than never.
        self._send_review_message(row)
        return self.ledger.mark_enqueued(row, now=now)

    def _remind(self, row: LedgerRow, now: str) -> bool:
        self._send_review_message(row)
        return self.ledger.mark_reminded(row, now=now)

    def _send_failure(self, row: LedgerRow, now: str) -> bool:
        del now
        self.failures.send(
            failure_message(
                row,
                attempt=row.attempt,
                execution_arn=row.execution_arn,
                error=row.reason,
                cause=row.message,
            )
        )
        return True

    def _send_review_message(self, row: LedgerRow) -> None:
        received_at = row.received_at or row.claimed_at
        self.reviews.send(review_message(row, reason=row.review_reason, received_at=received_at))


@dataclass(slots=True, kw_only=True)
class RepairSummary:
    """Repairs that were made and refused."""

    repaired: Counter[str] = field(default_factory=Counter)  # by action
    refused: list[str] = field(default_factory=list)  # one text a refused repair

    def execute(self, executor: RepairExecutor, repair: Repair, *, now: datetime) -> bool:
        """Execute one repair and count it; a refusal by a service does not stop the others."""
        try:
            repaired = executor.execute(repair, now=now)
        except (BotoCoreError, ClientError, SconesError) as error:
            self.refused.append(f"{repair.action} {repair.photo_id}: {error}")
            return False
        self.repaired[repair.action] += repaired
        return repaired
