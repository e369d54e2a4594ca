"""The promise of conservation, photo by photo: pure, so that broken worlds can prove it barks.

Every object version under intake/ ends in exactly one of assigned, in review, rejected with a
reason, or failed and visible to an operator. The demo, the end-to-end tests and `reconcile` ask
here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import timedelta

from handlers.domain.ledger.rows import FINAL_STATUSES, AssignmentRow, LedgerRow
from monitoring.reconciliation.inventory import MALFORMED_ROW, Inventory, ObjectVersion
from monitoring.reconciliation.photo_invariants import InvariantContext, Violation, violations_of

__all__ = ["ConservationResult", "Violation", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConservationResult:
    """Whether everything that came in is accounted for."""

    totals: dict[str, int]  # received, each final status, in_flight, lost, unreadable
    violations: tuple[Violation, ...]

    @property
    def conserved(self) -> bool:
        """No violation, nothing in flight, and the totals add up."""
        ends = sum(self.totals[status] for status in FINAL_STATUSES)
        return (
            not self.violations and not self.totals["in_flight"] and ends == self.totals["received"]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Photos of which the ledger has a row, and those whose row is none."""

    rows: Mapping[str, LedgerRow]
    unreadable: Set[str]

    def __contains__(self, photo_id: str) -> bool:
        return photo_id in self.rows or photo_id in self.unreadable


def check(inventory: Inventory, *, grace: timedelta = timedelta(0)) -> ConservationResult:
    """Photos that changed less than `grace` before the survey may still be on their way."""
    context = InvariantContext.of(inventory, grace=grace)
    known = _Known(
        rows={row.photo_id: row for row in inventory.ledger},
        unreadable={each.photo_id for each in inventory.unreadable if each.rule == MALFORMED_ROW},
    )
    fates = Counter(_final_state(upload, known, context) for upload in inventory.objects)
    totals = {name: fates[name] for name in (*FINAL_STATUSES, "in_flight", "lost", "unreadable")}
    violations = [
        *_lost(inventory, known, context),
        *(violation for row in inventory.ledger for violation in violations_of(row, context)),
        *_message_findings(inventory, known),
        *_assignment_findings(inventory, known),
        *(
            Violation(rule=each.rule, photo_id=each.photo_id, detail=each.detail)
            for each in inventory.unreadable
        ),
    ]
    return ConservationResult(
        totals={"received": len(inventory.objects), **totals}, violations=tuple(violations)
    )


def _final_state(upload: ObjectVersion, known: _Known, context: InvariantContext) -> str:
    row = known.rows.get(upload.photo_id)
    if row is not None:
        is_in_flight = row.status not in FINAL_STATUSES and context.is_in_flight(row)
        return "in_flight" if is_in_flight else _end_of(row)
    if upload.photo_id in known:
        return "unreadable"
    return "lost" if context.is_settled(upload.uploaded_at) else "in_flight"


def _end_of(row: LedgerRow) -> str:
    return row.status if row.status in FINAL_STATUSES else "lost"


def _lost(inventory: Inventory, known: _Known, context: InvariantContext) -> Iterator[Violation]:
    for upload in inventory.objects:
        if upload.photo_id not in known and context.is_settled(upload.uploaded_at):
            yield Violation(
                rule="lost",
                photo_id=upload.photo_id,
                detail=f"{upload.key!r} lies in the bucket and nothing was ever recorded of it",
            )


def _message_findings(inventory: Inventory, known: _Known) -> Iterator[Violation]:
    # A surplus message of a known photo is harmless: it is dropped when drained.
    for message in (*(inventory.review_messages or ()), *(inventory.failure_messages or ())):
        if message not in known:
            detail = "a message names a photo that the ledger does not know"
            yield Violation(rule="orphan_message", photo_id=message, detail=detail)


def _assignment_findings(inventory: Inventory, known: _Known) -> Iterator[Violation]:
    current = {assignment.driver_id: assignment for assignment in inventory.assignments}
    for assignment in inventory.assignments:
        if assignment.photo_id not in known.unreadable and not _rests(assignment, known):
            detail = f"the assignment of {assignment.driver_id!r} rests on no such decision"
            yield Violation(
                rule="assignment_without_decision", photo_id=assignment.photo_id, detail=detail
            )
    for row in inventory.ledger:
        if row.status == "assigned" and not _stands(row, current.get(row.driver_id)):
            detail = f"{row.key!r} is assigned, but dispatch reads otherwise"
            yield Violation(rule="decision_not_in_force", photo_id=row.photo_id, detail=detail)


def _rests(assignment: AssignmentRow, known: _Known) -> bool:
    """The ledger has decided what the assignment says."""
    row = known.rows.get(assignment.photo_id)
    return row is not None and (row.status, row.vehicle) == ("assigned", assignment.vehicle)


def _stands(row: LedgerRow, assignment: AssignmentRow | None) -> bool:
    """The photo decides its driver's assignment, or a photo uploaded later does."""
    if assignment is None:
        return False
    return assignment.photo_order >= row.photo_order
