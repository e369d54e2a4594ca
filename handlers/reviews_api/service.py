"""The actions of reviewers on ledger and queue: the ledger decides, the queue only notifies.

No crash between two steps loses a photo: the status is written before the message is sent, and the
message is deleted last. A surplus message is dropped when it is received.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from handlers.aws.review_decisions import Decided, ReviewLedger
from handlers.aws.review_leases import ReviewLeases
from handlers.aws.review_queue import ReviewMessage, ReviewQueue
from handlers.domain.errors import InvalidRecord, LedgerUnavailable
from handlers.domain.review.change import Refused, Repeated
from handlers.domain.review.lease import Defer, Drop, Lapse, Take, extend, offer, skipped_by
from handlers.domain.review.row import ItemImage, Lease, ReviewRow
from handlers.domain.review.rules import ReviewRules
from handlers.domain.review.undo import UndoCommand, apply_undo
from handlers.domain.review.verdict import (
    SubmittedVerdict,
    already_decided,
    apply_verdict,
    holds,
    lease_lost,
)
from handlers.domain.timestamps import later, stamp

MOST_MESSAGES = (
    10  # received for one request; the photos of further messages are read from the ledger
)
MOST_OPEN = 500  # read from the ledger
MALFORMED_HIDDEN_S = 30  # then received again, until SQS moves it to the dead-letter queue
AFTER_LEASE_S = 5  # a message that is visible before its lease ends would only be deferred


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewService:
    """Leases, verdicts and undos of one reviewer at a time; all state is in the ledger."""

    ledger: ReviewLedger
    leases: ReviewLeases
    queue: ReviewQueue
    rules: ReviewRules
    new_id: Callable[[], str]
    count: Callable[[str], None]  # a metric's name
    unreadable: Callable[[str], None]  # the photo id of a row that cannot be read

    def next(self, reviewer: str, now: datetime) -> ReviewRow | None:
        """Lease the next review: first from the queue, then open ones that have no message."""
        for _ in range(MOST_MESSAGES):
            message = self.queue.receive(visibility_s=self._visibility_s)
            if message is None:
                break
            if row := self._take_message(message, reviewer, now):
                return row
        for open_review in self.ledger.open_reviews(MOST_OPEN, unreadable=self.unreadable):
            if isinstance(offer(open_review, reviewer, now), Take | Lapse):
                fresh = self._read(open_review.photo_id)
                if row := self._take(fresh, reviewer, now, receipt=""):
                    self.count("ReviewsFoundInLedger")
                    return row
        return None

    def extend(self, photo_id: str, lease_id: str, reviewer: str, now: datetime) -> Lease | Refused:
        """Extend the lease; the message stays hidden as long."""
        row = self.held(photo_id, lease_id, reviewer, now)
        if isinstance(row, Refused) or row.lease is None:
            return row if isinstance(row, Refused) else lease_lost(row, now)
        renewed = extend(row.lease, now, self.rules.lease_s)
        if renewed is None or not self.leases.extend(row, renewed):
            return lease_lost(row, now)
        if renewed.receipt:
            self._tidy_queue(lambda: self.queue.hide(renewed.receipt, self._visibility_s))
        return renewed

    def give_up(
        self, photo_id: str, lease_id: str, reviewer: str, now: datetime, *, skip: bool
    ) -> Refused | None:
        """Release the review; with `skip`, colleagues get it before this reviewer."""
        row = self.held(photo_id, lease_id, reviewer, now)
        if isinstance(row, Refused):
            return row
        skipped = skipped_by(row, reviewer, now) if skip else None
        if not self.leases.release(row, skipped=skipped, now=stamp(now)):
            return lease_lost(row, now)
        if row.lease and row.lease.receipt:
            self._tidy_queue(lambda: self._send_back(row))
        return None

    def decide(
        self, photo_id: str, submitted: SubmittedVerdict, now: datetime, *, known: str
    ) -> ItemImage | Refused:
        """Return the decision as recorded, also if this very request led to it before.

        `known` is the true verdict of a known item; one that is not among the verdicts is ignored.
        """
        known = known if known in self.rules.verdicts else ""
        outcome = self.ledger.decide(
            photo_id,
            lambda row: apply_verdict(row, submitted, now=now, rules=self.rules, known=known),
        )
        if isinstance(outcome, Refused):
            return outcome
        if isinstance(outcome, Repeated):
            return outcome.decision
        self.count("ReviewsDecided")
        self._tidy_queue(lambda: self._after(outcome))
        return outcome.entry

    def undo(
        self, photo_id: str, decision_seq: int, reviewer: str, now: datetime
    ) -> tuple[ItemImage, ReviewRow | None] | Refused:
        """Return the undo as recorded, and the review if the reviewer (still) holds it."""
        command = UndoCommand(
            reviewer=reviewer,
            decision_seq=decision_seq,
            request=f"undo:{decision_seq}",
            lease_id=self.new_id(),
        )
        outcome = self.ledger.decide(
            photo_id, lambda row: apply_undo(row, command, now=now, rules=self.rules)
        )
        if isinstance(outcome, Refused):
            return outcome
        entry = outcome.decision if isinstance(outcome, Repeated) else outcome.entry
        if isinstance(outcome, Decided):
            self.count("ReviewsUndone")
            self._tidy_queue(lambda: self._after(outcome))
        row = self.ledger.read(photo_id)
        is_held = row is not None and row.state.review == "open" and _is_owner(row, reviewer, now)
        return entry, row if is_held else None

    @property
    def _visibility_s(self) -> int:
        return round(self.rules.lease_s) + AFTER_LEASE_S

    def held(
        self, photo_id: str, lease_id: str, reviewer: str, now: datetime
    ) -> ReviewRow | Refused:
        """Return the review that the reviewer holds by this lease."""
        row = self.ledger.read(photo_id)
        if row is None:
            return Refused(code="no_such_review")
        if row.state.review != "open":
            return already_decided(row, now)
        return row if holds(row, lease_id, reviewer) else lease_lost(row, now)

    def _take_message(
        self, message: ReviewMessage, reviewer: str, now: datetime
    ) -> ReviewRow | None:
        if not message.photo_id:
            self.count("ReviewMessagesMalformed")
            self.queue.hide(message.receipt, MALFORMED_HIDDEN_S)
            return None
        try:
            row = self.ledger.read(message.photo_id)
        except InvalidRecord:
            self.unreadable(message.photo_id)
            self.queue.hide(message.receipt, MALFORMED_HIDDEN_S)
            return None
        match offer(row, reviewer, now):
            case Defer(seconds=seconds):
                self.count("ReviewMessagesDeferred")
                self.queue.defer(message, seconds)
            case Drop():
                self.count("ReviewMessagesDropped")
                self.queue.delete(message.receipt)
            case Take() | Lapse():
                taken = self._take(row, reviewer, now, receipt=message.receipt)
                if taken is None:
                    self.queue.hide(message.receipt, 0)  # a colleague was faster: receive it anew
                return taken
        return None

    def _read(self, photo_id: str) -> ReviewRow | None:
        try:
            return self.ledger.read(photo_id)
        except InvalidRecord:
            self.unreadable(photo_id)
            return None

    def _take(
        self, row: ReviewRow | None, reviewer: str, now: datetime, *, receipt: str
    ) -> ReviewRow | None:
        match offer(row, reviewer, now):
            case Lapse() if row is not None:
                self.leases.close_lapsed(row)
                self.count("SecondOpinionsLapsed")
            case Take() if row is not None:
                lease = Lease(
                    lease_id=self.new_id(),
                    owner=reviewer,
                    since=stamp(now),
                    until=later(now, self.rules.lease_s),
                    receipt=receipt,
                )
                if self.leases.lease(row, lease):
                    return row.held_by(lease)
        return None

    def _send_back(self, row: ReviewRow) -> None:
        """Send a copy, so that skips do not count as receives, then delete the original."""
        self.queue.send(row, reason=row.state.review_reason)
        if row.lease:
            self.queue.delete(row.lease.receipt)

    def _after(self, decided: Decided) -> None:
        """Announce a review that is left open (undo, second opinion), then delete the message.

        Status before message before `enqueued_at`: the sweeper sends anew what is missing.
        """
        after = decided.update.after
        if after.review == "open":
            self.queue.send(decided.row, reason=after.review_reason)
            self.leases.mark_enqueued(decided.row.photo_id, decided.change.seq)
        if decided.row.lease and decided.row.lease.receipt:
            self.queue.delete(decided.row.lease.receipt)

    def _tidy_queue(self, action: Callable[[], None]) -> None:
        """Update the queue after the ledger is written; if that fails, later receives tidy up."""
        try:
            action()
        except LedgerUnavailable:
            self.count("ReviewMessagesUnsettled")


def _is_owner(row: ReviewRow, reviewer: str, now: datetime) -> bool:
    lease = row.lease
    return lease is not None and lease.owner == reviewer and lease.is_active(stamp(now))
