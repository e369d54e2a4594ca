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
from monitoring.reconciliation.inventory import MALFORMED_ROW, ObjectVersion, World
from monitoring.reconciliation.photo_invariants import Around, Finding, broken_promises

__all__ = ["Finding", "Verdict", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether everything that came in is accounted for."""

    totals: dict[str, int]  # received, each final status, in_flight, lost, unreadable
    findings: tuple[Finding, ...]

    @property
    def conserved(self) -> bool:
        """No finding, nothing in flight, and the totals add up."""
        ends = sum(self.totals[status] for status in FINAL_STATUSES)
        return (
            not self.findings and not self.totals["in_flight"] and ends == self.totals["received"]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Photos of which the ledger has a row, and those whose row is none."""

    rows: Mapping[str, LedgerRow]
    unreadable: Set[str]

    def __contains__(self, photo_id: str) -> bool:
        return photo_id in self.rows or photo_id in self.unreadable


def check(world: World, *, grace: timedelta = timedelta(0)) -> Verdict:
    """Photos that changed less than `grace` before the survey may still be on their way."""
    around = Around.of(world, grace=grace)
    known = _Known(
        rows={row.photo_id: row for row in world.ledger},
        unreadable={each.photo_id for each in world.unreadable if each.rule == MALFORMED_ROW},
    )
    fates = Counter(_fate(upload, known, around) for upload in world.objects)
    totals = {name: fates[name] for name in (*FINAL_STATUSES, "in_flight", "lost", "unreadable")}
    findings = [
        *_lost(world, known, around),
        *(finding for row in world.ledger for finding in broken_promises(row, around)),
        *_message_findings(world, known),
        *_assignment_findings(world, known),
        *(
            Finding(rule=each.rule, photo_id=each.photo_id, detail=each.detail)
            for each in world.unreadable
        ),
    ]
    return Verdict(totals={"received": len(world.objects), **totals}, findings=tuple(findings))


def _fate(upload: ObjectVersion, known: _Known, around: Around) -> str:
    row = known.rows.get(upload.photo_id)
    if row is not None:
        is_in_flight = row.status not in FINAL_STATUSES and around.is_in_flight(row)
        return "in_flight" if is_in_flight else _end_of(row)
    if upload.photo_id in known:
        return "unreadable"
    return "lost" if around.is_settled(upload.uploaded_at) else "in_flight"


def _end_of(row: LedgerRow) -> str:
    return row.status if row.status in FINAL_STATUSES else "lost"


def _lost(world: World, known: _Known, around: Around) -> Iterator[Finding]:
    for upload in world.objects:
        if upload.photo_id not in known and around.is_settled(upload.uploaded_at):
            yield Finding(
                rule="lost",
                photo_id=upload.photo_id,
                detail=f"{upload.key!r} lies in the bucket and nothing was ever recorded of it",
            )


def _message_findings(world: World, known: _Known) -> Iterator[Finding]:
    # A surplus message of a known photo is harmless: it is dropped when drained.
    for message in (*(world.review_messages or ()), *(world.failure_messages or ())):
        if message not in known:
            detail = "a message names a photo that the ledger does not know"
            yield Finding(rule="orphan_message", photo_id=message, detail=detail)


def _assignment_findings(world: World, known: _Known) -> Iterator[Finding]:
    current = {assignment.driver_id: assignment for assignment in world.assignments}
    for assignment in world.assignments:
        if assignment.photo_id not in known.unreadable and not _rests(assignment, known):
            detail = f"the assignment of {assignment.driver_id!r} rests on no such decision"
            yield Finding(
                rule="assignment_without_decision", photo_id=assignment.photo_id, detail=detail
            )
    for row in world.ledger:
        if row.status == "assigned" and not _stands(row, current.get(row.driver_id)):
            detail = f"{row.key!r} is assigned, but dispatch reads otherwise"
            yield Finding(rule="decision_not_in_force", photo_id=row.photo_id, detail=detail)


def _rests(assignment: AssignmentRow, known: _Known) -> bool:
    """The ledger has decided what the assignment says."""
    row = known.rows.get(assignment.photo_id)
    return row is not None and (row.status, row.vehicle) == ("assigned", assignment.vehicle)


def _stands(row: LedgerRow, assignment: AssignmentRow | None) -> bool:
    """The photo decides its driver's assignment, or a photo uploaded later does."""
    if assignment is None:
        return False
    return assignment.photo_order >= row.photo_order
