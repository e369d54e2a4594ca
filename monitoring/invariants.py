"""The promise of conservation, photo by photo: pure, so that broken worlds can prove it barks.

Every object version under intake/ ends in exactly one of assigned, in review, rejected with a
reason, or failed and visible to an operator. The demo, the end-to-end tests and `reconcile` ask
here.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.domain.identity import photo_id
from handlers.domain.ledger import FINAL_STATUSES, STATUSES, AssignmentRow, LedgerRow
from handlers.domain.policy import STOPPED
from handlers.domain.records import SUM_TOLERANCE
from monitoring.reviews import broken_reviews
from monitoring.world import ObjectVersion, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken promise."""

    rule: str
    photo_id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether everything that came in is accounted for."""

    totals: dict[str, int]  # received, each final status, in_flight, lost
    findings: tuple[Finding, ...]

    @property
    def conserved(self) -> bool:
        """No finding, nothing in flight, and the totals add up."""
        ends = sum(self.totals[status] for status in FINAL_STATUSES)
        return (
            not self.findings and not self.totals["in_flight"] and ends == self.totals["received"]
        )


def check(world: World, *, grace: timedelta = timedelta(0)) -> Verdict:
    """Photos that changed less than `grace` before the survey may still be on their way."""
    settled_by = (datetime.fromisoformat(world.as_of) - grace).isoformat()
    rows = {row.photo_id: row for row in world.ledger}
    fates = Counter(_fate(upload, rows, world, settled_by) for upload in world.objects)
    totals = {name: fates[name] for name in (*FINAL_STATUSES, "in_flight", "lost")}
    labels = None if world.labels is None else frozenset(world.labels)
    findings = [
        *_lost(world, rows, settled_by),
        *(finding for row in world.ledger for finding in _row_findings(row, world, settled_by)),
        *_message_findings(world, rows),
        *_assignment_findings(world, rows),
        *(
            Finding(rule=rule, photo_id=row.photo_id, detail=detail)
            for row in world.ledger
            for rule, detail in broken_reviews(row, labels)
        ),
    ]
    return Verdict(totals={"received": len(world.objects), **totals}, findings=tuple(findings))


def last_activity(row: LedgerRow) -> datetime:
    """When somebody or something last had to do with an open review: with a lease, its end."""
    moments = (
        *(row.updated_at, row.enqueued_at, row.reminded_at),
        *(row.lease_until, row.last_activity_at),
    )
    return max(datetime.fromisoformat(each) for each in moments if each)


def _fate(upload: ObjectVersion, rows: dict[str, LedgerRow], world: World, settled_by: str) -> str:
    row = rows.get(upload.photo_id)
    if row is None:
        return "in_flight" if _later(upload.uploaded_at, settled_by) else "lost"
    if row.status in FINAL_STATUSES:
        return row.status
    return "in_flight" if _is_running(row, world) or _later(row.updated_at, settled_by) else "lost"


def _later(moment: str, than: str) -> bool:
    return datetime.fromisoformat(moment) > datetime.fromisoformat(than)


def _is_running(row: LedgerRow, world: World) -> bool:
    return world.executions.get(row.execution_arn) == "RUNNING"


def _lost(world: World, rows: dict[str, LedgerRow], settled_by: str) -> Iterator[Finding]:
    for upload in world.objects:
        if upload.photo_id not in rows and not _later(upload.uploaded_at, settled_by):
            yield Finding(
                rule="lost",
                photo_id=upload.photo_id,
                detail=f"{upload.key!r} lies in the bucket and nothing was ever recorded of it",
            )


def _row_findings(row: LedgerRow, world: World, settled_by: str) -> Iterator[Finding]:
    problems = {
        "wrong_identity": row.photo_id
        != photo_id(
            bucket=row.bucket, key=row.key, version_id=row.version_id or None, etag=row.etag
        ),
        "unknown_status": row.status not in STATUSES,
        "stuck": row.status in {"received", "requeued"}
        and not _is_running(row, world)
        and not _later(row.updated_at, settled_by),
        "reason_missing": row.status == "rejected" and not (row.reason and row.message),
        "unjustified_assignment": row.status == "assigned"
        and row.decided_by == "model"
        and not _is_justified(row),
        "silent_failure": row.status == "failed"
        and world.failure_messages is not None
        and row.photo_id not in world.failure_messages,
        "review_not_open": row.status == "in_review" and row.review != "open",
        "review_not_enqueued": row.review == "open" and not row.enqueued_at,
        "review_without_message": row.review == "open"
        and bool(row.enqueued_at)
        and world.review_messages is not None
        and row.photo_id not in world.review_messages,
    }
    for rule, broken in problems.items():
        if broken:
            detail = f"{row.key!r} is {row.status}, review {row.review}"
            yield Finding(rule=rule, photo_id=row.photo_id, detail=detail)


def _is_justified(row: LedgerRow) -> bool:
    """Confident by the threshold in force, on probabilities that are probabilities."""
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


def _message_findings(world: World, rows: dict[str, LedgerRow]) -> Iterator[Finding]:
    # A surplus message of a known photo is harmless: it is dropped when drained.
    for message in (*(world.review_messages or ()), *(world.failure_messages or ())):
        if message not in rows:
            detail = "a message names a photo that the ledger does not know"
            yield Finding(rule="orphan_message", photo_id=message, detail=detail)


def _assignment_findings(world: World, rows: dict[str, LedgerRow]) -> Iterator[Finding]:
    current = {assignment.driver_id: assignment for assignment in world.assignments}
    for assignment in world.assignments:
        row = rows.get(assignment.photo_id)
        if row is None or row.status != "assigned" or row.vehicle != assignment.vehicle:
            detail = f"the assignment of {assignment.driver_id!r} rests on no such decision"
            yield Finding(
                rule="assignment_without_decision", photo_id=assignment.photo_id, detail=detail
            )
    for row in world.ledger:
        if row.status == "assigned" and not _stands(row, current.get(row.driver_id)):
            detail = f"{row.key!r} is assigned, but dispatch reads otherwise"
            yield Finding(rule="decision_not_in_force", photo_id=row.photo_id, detail=detail)


def _stands(row: LedgerRow, assignment: AssignmentRow | None) -> bool:
    """The photo decides its driver's assignment, or a photo uploaded later does."""
    if assignment is None:
        return False
    return assignment.photo_order >= row.photo_order
