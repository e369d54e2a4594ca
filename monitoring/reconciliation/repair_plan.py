"""Which repair a misplaced photo needs; pure functions.

Two sweepers may make every repair at once, and it may come late: a takeover is conditional on the
attempt that was seen, the state machine's claim refuses a second start, and a surplus review
message is dropped when it is drained.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.domain.ledger.rows import LedgerRow
from monitoring.reconciliation.inventory import Inventory, ObjectVersion
from monitoring.reconciliation.photo_invariants import (
    LABEL_MISSING,
    NOT_IN_FORCE,
    Violation,
    last_activity,
)

START = "start"  # no event came: start an execution with the event that should have come
TAKE_OVER = "take_over"  # its execution died: make the next attempt, by a new execution
GIVE_UP = "give_up"  # it died too often: mark the photo as failed and notify an operator
SEND_REVIEW = "send_review"  # its review message was never sent
REMIND = "remind"  # its review message may have expired: send another one
SEND_FAILURE = "send_failure"  # it failed and no operator was notified
WRITE_LABELS = "write_labels"  # decisions about it have no label
PUT_ASSIGNMENT = "put_assignment"  # it is its driver's newest assigned photo, without effect


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairDeadlines:
    """How long each step may last before it counts as stuck."""

    event: timedelta = timedelta(hours=1)  # S3 events "can take a minute or longer"
    execution: timedelta = timedelta(minutes=20)  # longer than the machine's own time-out
    start: timedelta = timedelta(minutes=5)  # between `requeued` and the claim of its execution
    parked: timedelta = timedelta(hours=6)  # by then the drain is dead, or the outage very long
    review: timedelta = timedelta(hours=24)
    attempts: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One action that puts one photo right; `row` or `upload` is what was read of it."""

    action: str
    rule: str  # name of the violated invariant
    photo_id: str
    key: str
    row: LedgerRow | None = None
    upload: ObjectVersion | None = None
    decisions: tuple[int, ...] = ()  # numbers of those without a label


def unfinished(row: LedgerRow, *, now: datetime, deadlines: RepairDeadlines) -> Repair | None:
    """Return the repair of a row that should be decided by now; None while it may be in flight.

    An expired row gets no repair.
    """
    if row.has_expired(now):
        return None
    if row.is_parked:
        return (
            taken_over("stuck", row, deadlines=deadlines)
            if _older(row.parked_at, deadlines.parked, now)
            else None
        )
    waits = {"received": deadlines.execution, "requeued": deadlines.start}
    if row.status not in waits or not _older(row.claimed_at, waits[row.status], now):
        return None
    return taken_over("stuck", row, deadlines=deadlines)


def taken_over(rule: str, row: LedgerRow, *, deadlines: RepairDeadlines) -> Repair:
    """Return the next attempt, or give up once the photo has had `deadlines.attempts`.

    An attempt that was parked is not counted: it met no capacity.
    """
    action = TAKE_OVER if row.attempt - row.parkings < deadlines.attempts else GIVE_UP
    return Repair(action=action, rule=rule, photo_id=row.photo_id, key=row.key, row=row)


def forgotten_review(row: LedgerRow, *, now: datetime, deadlines: RepairDeadlines) -> Repair | None:
    """Return the repair of an open review without activity; None while a reviewer may hold it."""
    if row.has_expired(now):
        return None
    if row.review != "open" or (row.lease_until and not _older(row.lease_until, timedelta(0), now)):
        return None
    if not row.enqueued_at:
        overdue, rule = _older(row.updated_at, deadlines.execution, now), "review_not_enqueued"
    else:
        overdue = last_activity(row) <= now - max(deadlines.review, _reminded_after(row))
        rule = "review_without_activity"
    if not overdue:
        return None
    action = REMIND if row.enqueued_at else SEND_REVIEW
    return Repair(action=action, rule=rule, photo_id=row.photo_id, key=row.key, row=row)


def _reminded_after(row: LedgerRow) -> timedelta:
    """Return how long the review had been open when it was last reminded of.

    The next reminder is due after as long again: an idle weekend leaves few surplus messages, and
    the fortnight that SQS keeps a message no more than five.
    """
    if not row.reminded_at:
        return timedelta(0)
    return datetime.fromisoformat(row.reminded_at) - datetime.fromisoformat(row.enqueued_at)


def missing_event(
    upload: ObjectVersion, *, now: datetime, deadlines: RepairDeadlines
) -> Repair | None:
    """Return the repair of an upload without a row; None while its event may be in flight."""
    if not _older(upload.uploaded_at, deadlines.event, now):
        return None
    return Repair(
        action=START, rule="lost", photo_id=upload.photo_id, key=upload.key, upload=upload
    )


def repairs_of(
    violations: tuple[Violation, ...], inventory: Inventory, *, deadlines: RepairDeadlines
) -> tuple[list[Repair], list[Violation]]:
    """Return one repair a photo and action, and the violations that a person has to decide."""
    rows = {row.photo_id: row for row in inventory.ledger}
    derived, violations = _derived(violations, rows)
    uploads = {upload.photo_id: upload for upload in inventory.objects}
    repairs: dict[tuple[str, str], Repair] = {}
    rest = []
    for violation in violations:
        repair = _repair_of(violation, rows, uploads, deadlines)
        if repair is None:
            rest.append(violation)
        else:
            repairs.setdefault((repair.photo_id, repair.action), repair)
    return [*repairs.values(), *derived], rest


def _derived(
    violations: tuple[Violation, ...], rows: Mapping[str, LedgerRow]
) -> tuple[list[Repair], tuple[Violation, ...]]:
    """Return the repairs of records that follow from rows, and the other violations.

    The labels of a photo are one repair, and the photos of a driver without an assignment are one,
    too: that of the newest.
    """
    unlabelled: dict[str, list[int]] = {}
    newest: dict[str, LedgerRow] = {}
    others = []
    for violation in violations:
        row = rows.get(violation.photo_id)
        if row is not None and violation.rule == LABEL_MISSING:
            unlabelled.setdefault(row.photo_id, []).append(violation.decision_seq)
        elif row is not None and row.driver_id and violation.rule == NOT_IN_FORCE:
            other = newest.setdefault(row.driver_id, row)
            newest[row.driver_id] = max(row, other, key=lambda row: row.photo_order)
        else:
            others.append(violation)
    labels = [
        Repair(
            action=WRITE_LABELS,
            rule=LABEL_MISSING,
            photo_id=photo,
            key=rows[photo].key,
            row=rows[photo],
            decisions=tuple(decisions),
        )
        for photo, decisions in unlabelled.items()
    ]
    assignments = [
        Repair(
            action=PUT_ASSIGNMENT, rule=NOT_IN_FORCE, photo_id=row.photo_id, key=row.key, row=row
        )
        for row in newest.values()
    ]
    return labels + assignments, tuple(others)


def _repair_of(
    violation: Violation,
    rows: Mapping[str, LedgerRow],
    uploads: Mapping[str, ObjectVersion],
    deadlines: RepairDeadlines,
) -> Repair | None:
    photo = violation.photo_id
    if violation.rule == "lost" and photo in uploads:
        upload = uploads[photo]
        return Repair(action=START, rule="lost", photo_id=photo, key=upload.key, upload=upload)
    row = rows.get(photo)
    if row is None:
        return None
    if violation.rule == "stuck":
        return taken_over("stuck", row, deadlines=deadlines)
    action = _MESSAGE_REPAIRS.get(violation.rule)
    if action is None:
        return None
    return Repair(action=action, rule=violation.rule, photo_id=photo, key=row.key, row=row)


_MESSAGE_REPAIRS = {
    "review_not_enqueued": SEND_REVIEW,
    "review_without_message": REMIND,
    "silent_failure": SEND_FAILURE,
}


def _older(moment: str, age: timedelta, now: datetime) -> bool:
    return datetime.fromisoformat(moment) <= now - age
