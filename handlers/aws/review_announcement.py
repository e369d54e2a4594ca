"""Tells the queue of a review that a decision has left open: undone, contested, second opinion."""

from handlers.aws.review_leases import ReviewLeases
from handlers.aws.review_ledger import Decided
from handlers.aws.review_queue import ReviewQueue


def announce(decided: Decided, *, queue: ReviewQueue, leases: ReviewLeases) -> None:
    """Status before message before `enqueued_at`: what is missing of these is sent anew later.

    Raises: LedgerUnavailable.
    """
    if decided.settlement.after.review != "open":
        return
    queue.send(decided.row, reason=decided.settlement.after.review_reason)
    leases.mark_enqueued(decided.row.photo_id, decided.change.seq)
