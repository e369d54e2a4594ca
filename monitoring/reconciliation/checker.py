"""Checks conservation, photo by photo; pure, so that tests can show that every violation is found.

Every object version under intake/ ends in exactly one of assigned, in review, rejected with a
reason, or failed and visible to an operator. The demo, the end-to-end tests and `reconcile` use
this check.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.domain.ledger.rows import FINAL_STATUSES, AssignmentRow, LedgerRow
from monitoring.reconciliation.inventory import MALFORMED_ROW, Inventory, ObjectVersion
from monitoring.reconciliation.photo_invariants import (
    NOT_IN_FORCE,
    InvariantContext,
    Violation,
    violations_of,
)

__all__ = ["ConservationResult", "Violation", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConservationResult:
    """The totals by final state, and every violated invariant."""

    totals: dict[str, int]  # received, each final status, in_flight, lost, unreadable
    violations: tuple[Violation, ...]

    @property
    def conserved(self) -> bool:
        """Whether nothing is violated or in flight, and the totals add up."""
        ends = sum(self.totals[status] for status in FINAL_STATUSES)
        return (
            not self.violations and not self.totals["in_flight"] and ends == self.totals["received"]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Photos that have a row in the ledger, and those whose row cannot be read."""

    rows: Mapping[str, LedgerRow]
    unreadable: Set[str]
    erased: Set[str]  # tombstones

    def __contains__(self, photo_id: str) -> bool:
        return photo_id in self.rows or photo_id in self.unreadable or photo_id in self.erased


def check(inventory: Inventory, *, grace: timedelta = timedelta(0)) -> ConservationResult:
    """Check an inventory; photos that changed less than `grace` before it may be in flight."""
    context = InvariantContext.of(inventory, grace=grace)
    known = _Known(
        rows={row.photo_id: row for row in inventory.ledger},
        unreadable={
            unread.photo_id for unread in inventory.unreadable if unread.rule == MALFORMED_ROW
        },
        erased=inventory.erased,
    )
    objects = [upload for upload in inventory.objects if upload.photo_id not in inventory.erased]
    states = Counter(_final_state(upload, known, context) for upload in objects)
    totals = {name: states[name] for name in (*FINAL_STATUSES, "in_flight", "lost", "unreadable")}
    violations = [
        *_lost(inventory, known, context),
        *(violation for row in inventory.ledger for violation in violations_of(row, context)),
        *_message_violations(inventory, known),
        *_assignment_violations(inventory, known),
        *_erased_remains(inventory),
        *(
            Violation(rule=unread.rule, photo_id=unread.photo_id, detail=unread.detail)
            for unread in inventory.unreadable
        ),
    ]
    return ConservationResult(
        totals={"received": len(objects), **totals}, violations=tuple(violations)
    )


def _final_state(upload: ObjectVersion, known: _Known, context: InvariantContext) -> str:
    row = known.rows.get(upload.photo_id)
    if row is not None:
        is_in_flight = row.status not in FINAL_STATUSES and context.is_in_flight(row)
        if is_in_flight:
            return "in_flight"
        return row.status if row.status in FINAL_STATUSES else "lost"
    if upload.photo_id in known:
        return "unreadable"
    return "lost" if context.is_settled(upload.uploaded_at) else "in_flight"


def _lost(inventory: Inventory, known: _Known, context: InvariantContext) -> Iterator[Violation]:
    for upload in inventory.objects:
        if upload.photo_id not in known and context.is_settled(upload.uploaded_at):
            yield Violation(
                rule="lost",
                photo_id=upload.photo_id,
                detail=f"{upload.key!r} is in the bucket and has no row in the ledger",
            )


def _erased_remains(inventory: Inventory) -> Iterator[Violation]:
    for upload in inventory.objects:
        if upload.photo_id in inventory.erased:
            detail = "its row was erased and its object is in the bucket: run `scones forget` again"
            yield Violation(rule="erased_remains", photo_id=upload.photo_id, detail=detail)


def _message_violations(inventory: Inventory, known: _Known) -> Iterator[Violation]:
    # A surplus message of a known photo is harmless: it is dropped when drained.
    for message in (*(inventory.review_messages or ()), *(inventory.failure_messages or ())):
        if message not in known:
            detail = "a message names a photo that the ledger does not know"
            yield Violation(rule="orphan_message", photo_id=message, detail=detail)


def _assignment_violations(inventory: Inventory, known: _Known) -> Iterator[Violation]:
    current = {assignment.driver_id: assignment for assignment in inventory.assignments}
    for assignment in inventory.assignments:
        if assignment.photo_id not in known.unreadable and not _is_decided(assignment, known):
            detail = f"the assignment of {assignment.driver_id!r} does not follow from a decision"
            yield Violation(
                rule="assignment_without_decision", photo_id=assignment.photo_id, detail=detail
            )
    for row in inventory.ledger:
        has_expired = row.has_expired(datetime.fromisoformat(inventory.as_of))
        if has_expired:
            continue
        if row.status == "assigned" and not _is_in_force(row, current.get(row.driver_id)):
            detail = f"{row.key!r} is assigned, but is not the assignment that dispatch reads"
            yield Violation(rule=NOT_IN_FORCE, photo_id=row.photo_id, detail=detail)


def _is_decided(assignment: AssignmentRow, known: _Known) -> bool:
    """Return whether the photo's row holds the same decision as the assignment."""
    row = known.rows.get(assignment.photo_id)
    return row is not None and (row.status, row.vehicle) == ("assigned", assignment.vehicle)


def _is_in_force(row: LedgerRow, assignment: AssignmentRow | None) -> bool:
    """Return whether the photo decides its driver's assignment, or a photo uploaded later does."""
    if assignment is None:
        return False
    return assignment.photo_order >= row.photo_order
