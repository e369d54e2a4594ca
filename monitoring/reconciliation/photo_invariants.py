"""Invariants of one row of the ledger, checked against messages, executions and labels."""

import math
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.domain.decision.prediction import SUM_TOLERANCE
from handlers.domain.decision.threshold import STOPPED
from handlers.domain.ledger.identity import photo_id
from handlers.domain.ledger.rows import STATUSES, LedgerRow
from monitoring.reconciliation.inventory import MALFORMED_ROW, Inventory
from monitoring.reconciliation.review_invariants import missing_labels, review_violations

LABEL_MISSING = "label_missing"
NOT_IN_FORCE = "decision_not_in_force"

# Errors that a row edited by hand may cause where its values are used.
_MALFORMED_ROW_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One violated invariant of one photo."""

    rule: str
    photo_id: str
    detail: str
    decision_seq: int = 0  # number of the decision without a label


@dataclass(frozen=True, slots=True, kw_only=True)
class InvariantContext:
    """What rows are checked against; None: it was not read."""

    as_of: datetime  # when the inventory was read
    settled_by: datetime  # a later change may be in flight
    running: Set[str]  # ARNs of executions
    reviews: Set[str] | None  # ids of photos with a message
    failures: Set[str] | None
    labels: Set[tuple[str, int]] | None

    @classmethod
    def of(cls, inventory: Inventory, *, grace: timedelta) -> "InvariantContext":
        """Return the context of an inventory, as of the moment at which it was read."""
        running = {arn for arn, status in inventory.executions.items() if status == "RUNNING"}
        as_of = datetime.fromisoformat(inventory.as_of)
        return cls(
            as_of=as_of,
            settled_by=as_of - grace,
            running=running,
            reviews=None if inventory.review_messages is None else set(inventory.review_messages),
            failures=None
            if inventory.failure_messages is None
            else set(inventory.failure_messages),
            labels=None if inventory.labels is None else set(inventory.labels),
        )

    def is_settled(self, moment: str) -> bool:
        """Return whether a change at that moment should have had its effect by now."""
        return datetime.fromisoformat(moment) <= self.settled_by

    def is_in_flight(self, row: LedgerRow) -> bool:
        """Return whether the photo's execution runs or may run, or the drain will start it."""
        is_running = row.execution_arn in self.running or not self.is_settled(row.updated_at)
        return is_running or row.is_parked


def violations_of(row: LedgerRow, context: InvariantContext) -> list[Violation]:
    """Return the invariants that a row violates: none of an expired row, one of a malformed row."""
    if row.has_expired(context.as_of):
        return []
    try:
        detail = f"{row.key!r} is {row.status}, review {row.review}"
        violated = [
            (rule, detail) for rule, is_violated in _invariants(row, context) if is_violated
        ]
        violated += review_violations(row)
        unlabelled = _unlabelled(row, context)
    except _MALFORMED_ROW_ERRORS as error:
        violated, unlabelled = [(MALFORMED_ROW, f"{row.key!r} has a malformed row: {error!r}")], []
    rules = [
        Violation(rule=rule, photo_id=row.photo_id, detail=detail) for rule, detail in violated
    ]
    return rules + unlabelled


def _unlabelled(row: LedgerRow, context: InvariantContext) -> list[Violation]:
    if context.labels is None:
        return []
    return [
        Violation(
            rule=LABEL_MISSING,
            photo_id=row.photo_id,
            detail=f"decision {seq} about {row.key!r} has no label",
            decision_seq=seq,
        )
        for seq in missing_labels(row, context.labels, is_settled=context.is_settled)
    ]


def last_activity(row: LedgerRow) -> datetime:
    """Return the time of the last change to an open review; with a lease, the end of the lease."""
    moments = (
        *(row.updated_at, row.enqueued_at, row.reminded_at),
        *(row.lease_until, row.last_activity_at),
    )
    return max(datetime.fromisoformat(moment) for moment in moments if moment)


def _invariants(row: LedgerRow, context: InvariantContext) -> Iterator[tuple[str, bool]]:
    """Yield each rule, and whether the row violates it."""
    identity = {"bucket": row.bucket, "key": row.key, "etag": row.etag}
    yield (
        "wrong_identity",
        row.photo_id != photo_id(**identity, version_id=row.version_id or None),
    )
    yield "unknown_status", row.status not in STATUSES
    is_undecided = row.status in {"received", "requeued"}
    yield "stuck", is_undecided and not context.is_in_flight(row)
    yield "reason_missing", row.status == "rejected" and not (row.reason and row.message)
    is_by_model = row.status == "assigned" and row.decided_by == "model"
    yield "unjustified_assignment", is_by_model and not _is_justified(row)
    # The row is written first, its message a moment later.
    has_failed = row.status == "failed" and context.is_settled(row.updated_at)
    yield "silent_failure", has_failed and _is_missing(row, context.failures)
    yield "review_not_open", row.status == "in_review" and row.review != "open"
    yield from _review_invariants(row, context)


def _review_invariants(row: LedgerRow, context: InvariantContext) -> Iterator[tuple[str, bool]]:
    """Check the message of an open review: a leased one is hidden, and the lease explains that."""
    if row.review == "open" and last_activity(row) <= context.settled_by:
        yield "review_not_enqueued", not row.enqueued_at
        yield "review_without_message", bool(row.enqueued_at) and _is_missing(row, context.reviews)


def _is_missing(row: LedgerRow, messages: Set[str] | None) -> bool:
    return messages is not None and row.photo_id not in messages


def _is_justified(row: LedgerRow) -> bool:
    """Return whether valid probabilities reach the threshold that was in force."""
    facts = row.classification
    probabilities = {name: float(p) for name, p in facts.get("probabilities", {}).items()}
    confidence = float(facts.get("confidence", "nan"))
    threshold = float(facts.get("threshold", "nan"))
    return (
        bool(probabilities)
        and abs(math.fsum(probabilities.values()) - 1) <= SUM_TOLERANCE
        and probabilities.get(row.vehicle) == confidence == max(probabilities.values())
        and threshold <= confidence
        and threshold < STOPPED
    )
