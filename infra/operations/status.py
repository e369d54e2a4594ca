"""The state of a system, of one photo and of one driver. Only reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.photos_table import PhotosTable, status_of
from handlers.aws.queue import Queue
from handlers.domain.ledger.rows import FINAL_STATUSES, AssignmentRow, LedgerRow
from handlers.domain.ledger.tombstone import is_tombstone
from handlers.domain.timestamps import stamp
from infra.local.status_page.executions import events_of
from infra.local.status_page.steps import read_run
from infra.operations.controls import controls_of
from infra.operations.errors import NoSuchPhoto, OnlyOnLaptop
from monitoring.reconciliation.inventory import MALFORMED_ASSIGNMENT, MALFORMED_ROW
from monitoring.reconciliation.inventory_reader import read_records
from monitoring.reconciliation.row_parser import record_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handlers.domain.controls import Controls
    from infra.operations.target import Target
    from monitoring.reconciliation.inventory import Unreadable

QUEUES = ("Review", "ReviewDeadLetters", "Failures", "IntakeDeadLetters")
LATEST = 20  # photos of a driver
SHORTEST_PREFIX = 6
MOST_PARKED = 10_000  # more are not counted
RECENT = timedelta(hours=24)
_PHOTO_ID_LENGTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The system at a glance. The figures are read one after the other, not at one moment."""

    photos: dict[str, int]  # by status
    photos_since: str | None  # only photos received since then are counted; None: all
    queues: dict[str, int]  # messages of each, visible or not
    executions_running: int | None  # None: Express machines keep no list
    parked: int  # photos that wait for capacity or for the end of a pause, at most `MOST_PARKED`
    controls: Controls  # what operators have set

    @property
    def in_flight(self) -> int:
        """Counted photos without a final status."""
        return sum(count for name, count in self.photos.items() if name not in FINAL_STATUSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredState:
    """A state that an execution entered."""

    state: str
    seconds: float  # since the execution started


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverView:
    """One driver's photos, newest first, and the assignment that dispatch reads."""

    photos: tuple[LedgerRow, ...]
    assignment: AssignmentRow | None
    unreadable: tuple[str, ...] = ()  # what cannot be read, one sentence each


def overview(target: Target, *, now: datetime) -> Overview:
    """Count photos by status, messages and running executions.

    On this laptop all photos are counted. On a deployed stage, where reading the whole table
    costs time and money, only those received in the last 24 hours are.
    """
    since = now - RECENT if target.is_deployed else None
    photos = _photos(target)
    statuses = photos.statuses() if since is None else _recent_statuses(photos, since, now)
    return Overview(
        photos=dict(Counter(statuses)),
        photos_since=stamp(since) if since else None,
        queues=queue_depths(target),
        executions_running=_running_executions(target),
        parked=photos.count_parked(limit=MOST_PARKED),
        controls=controls_of(target).read(),
    )


def queue_depths(target: Target) -> dict[str, int]:
    """Return the number of messages of each queue, visible or not."""
    sqs = target.session.client("sqs")
    depths = {}
    for queue in QUEUES:
        url = target.outputs.get(f"{queue}QueueUrl") or target.outputs.get(f"{queue}Url")
        if url:
            depths[queue] = Queue(sqs, url=url).depth()
    return depths


def photo_row(target: Target, photo: str) -> LedgerRow:
    """Return the row of a photo by its id; on this laptop also by the id's first characters.

    Raises: NoSuchPhoto, OnlyOnLaptop.
    """
    if len(photo) == _PHOTO_ID_LENGTH:
        row = _photos(target).row(photo)
        items = [row] if row is not None else []
    elif len(photo) < SHORTEST_PREFIX:
        raise NoSuchPhoto(f"{photo!r} is too short: give at least {SHORTEST_PREFIX} characters.")
    elif target.is_deployed:
        raise OnlyOnLaptop(
            f"give the whole id of {_PHOTO_ID_LENGTH} characters: only the system of this laptop "
            "is searched by the first characters, since that reads the whole table."
        )
    else:
        items = list(_photos(target).starting_with(photo))
    items = [item for item in items if not is_tombstone(item)]
    if not items:
        raise NoSuchPhoto(f"the ledger has no photo {photo}.")
    if len(items) > 1:
        raise NoSuchPhoto(f"{len(items)} photos begin with {photo}: give more characters.")
    return LedgerRow.from_item(items[0])


def steps_of(target: Target, row: LedgerRow) -> tuple[EnteredState, ...] | None:
    """Return the states that the photo's last execution entered.

    None if Step Functions has no history of it: an Express machine keeps none, a Standard one
    keeps it for 90 days.
    """
    stepfunctions = target.session.client("stepfunctions")
    errors = stepfunctions.exceptions
    try:
        history = list(events_of(stepfunctions, row.execution_arn))
    except (errors.ExecutionDoesNotExist, errors.InvalidArn):
        return None
    if not history:
        return None
    started: datetime = history[0]["timestamp"]
    return tuple(
        EnteredState(state=step.name, seconds=round((step.entered - started).total_seconds(), 3))
        for step in read_run(history).steps
    )


def driver_view(target: Target, driver: str) -> DriverView:
    """Return the newest photos of a driver, at most `LATEST`, and the assignment in force."""
    rows, _ = _photos(target).of_driver(driver, limit=LATEST)
    unreadable: list[Unreadable] = []
    assignments = AssignmentsTable(
        target.session.client("dynamodb"), table=target.output("AssignmentsTable")
    )
    assigned = assignments.row(driver)
    return DriverView(
        photos=tuple(read_records(rows, record_of, unreadable, rule=MALFORMED_ROW)),
        assignment=next(
            read_records(
                [assigned], AssignmentRow.from_item, unreadable, rule=MALFORMED_ASSIGNMENT
            ),
            None,
        )
        if assigned is not None
        else None,
        unreadable=tuple(unread.detail for unread in unreadable),
    )


def seconds_taken(row: LedgerRow) -> float | None:
    """Return the seconds from claim to outcome; None while the photo has no final status.

    The claim and not the upload is the start: the time of an upload has whole seconds only.
    """
    if row.status not in FINAL_STATUSES:
        return None
    taken = datetime.fromisoformat(row.updated_at) - datetime.fromisoformat(row.claimed_at)
    return max(0.0, round(taken.total_seconds(), 3))


def row_document(row: LedgerRow) -> dict[str, Any]:  # Any: JSON
    """Return a photo's row for scripts: numbers as numbers, absent values as null."""
    facts, confidence = row.classification, row.classification.get("confidence")
    return {
        "photo_id": row.photo_id,
        "key": row.key,
        "driver_id": row.driver_id or None,
        "status": row.status,
        "vehicle": row.vehicle or facts.get("vehicle"),
        "confidence": float(confidence) if isinstance(confidence, Decimal) else None,
        "reason": row.reason or row.review_reason or None,
        "message": row.message or None,
        "decided_by": row.decided_by or None,
        "superseded": row.superseded,
        "uploaded_at": row.uploaded_at,
        "updated_at": row.updated_at,
        "seconds": seconds_taken(row),
    }


def _recent_statuses(photos: PhotosTable, since: datetime, now: datetime) -> Iterator[str]:
    hour = since.replace(minute=0, second=0, microsecond=0)
    while hour <= now:
        for row in photos.received_in(f"{hour:%Y-%m-%dT%H}", since=stamp(since)):
            yield status_of(row)
        hour += timedelta(hours=1)


def _running_executions(target: Target) -> int | None:
    stepfunctions = target.session.client("stepfunctions")
    pages = stepfunctions.get_paginator("list_executions").paginate(
        stateMachineArn=target.output("StateMachineArn"), statusFilter="RUNNING"
    )
    try:
        return sum(len(page["executions"]) for page in pages)
    except stepfunctions.exceptions.StateMachineTypeNotSupported:
        return None


def _photos(target: Target) -> PhotosTable:
    return PhotosTable(target.session.client("dynamodb"), table=target.output("PhotosTable"))
