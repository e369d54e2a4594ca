"""What a running stage can say of itself, of one photo and of one driver. It only reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from handlers.domain.ledger.rows import FINAL_STATUSES, AssignmentRow, LedgerRow
from infra.local.stage.state_file import is_running
from infra.local.status_page.executions import events_of
from infra.local.status_page.steps import read_run

if TYPE_CHECKING:
    from infra.local.stage.stage import LocalStage

QUEUES = ("Review", "ReviewDeadLetters", "Failures", "IntakeDeadLetters")
LATEST = 20  # photos of a driver
SHORTEST_PREFIX = 6
_PHOTO_ID_LENGTH = 64


class NoSuchPhoto(Exception):
    """The ledger knows no such photo, or more than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The stage at a glance."""

    photos: dict[str, int]  # by status
    queues: dict[str, int]  # messages that wait
    executions_running: int
    processes: dict[str, bool]  # whether each process lives

    @property
    def in_flight(self) -> int:
        """Photos that are received and have not ended."""
        return sum(count for name, count in self.photos.items() if name not in FINAL_STATUSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredState:
    """A state that an execution entered."""

    state: str
    seconds: float  # since the execution started


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverView:
    """One driver's photos, newest first, and what dispatch reads."""

    photos: tuple[LedgerRow, ...]
    assignment: AssignmentRow | None


def overview(stage: LocalStage) -> Overview:
    """Counts; the numbers of two moments may differ by what moved between them."""
    machine = stage.outputs["StateMachineArn"]
    machines = stage.session().client("stepfunctions")
    running = machines.list_executions(stateMachineArn=machine, statusFilter="RUNNING")
    return Overview(
        photos=dict(Counter(_photos(stage).statuses())),
        queues=queue_depths(stage),
        executions_running=len(running["executions"]),
        processes={name: is_running(pid) for name, pid in stage.processes.items()},
    )


def queue_depths(stage: LocalStage) -> dict[str, int]:
    """Messages of each queue, visible or not."""
    sqs = stage.session().client("sqs")
    depths = {}
    for queue in QUEUES:
        url = stage.outputs.get(f"{queue}QueueUrl") or stage.outputs.get(f"{queue}Url")
        if url:
            depths[queue] = Queue(sqs, url=url).depth()
    return depths


def photo_row(stage: LocalStage, photo: str) -> LedgerRow:
    """A photo by its id, or by the first characters of it. Raises: NoSuchPhoto."""
    if len(photo) == _PHOTO_ID_LENGTH:
        row = _photos(stage).row(photo)
        items = [row] if row is not None else []
    elif len(photo) < SHORTEST_PREFIX:
        raise NoSuchPhoto(f"{photo!r} is too short: {SHORTEST_PREFIX} characters at least.")
    else:
        items = list(_photos(stage).starting_with(photo))
    if not items:
        raise NoSuchPhoto(f"the ledger knows no photo {photo}.")
    if len(items) > 1:
        raise NoSuchPhoto(f"{len(items)} photos begin with {photo}; give more of it.")
    return LedgerRow.from_item(items[0])


def steps_of(stage: LocalStage, row: LedgerRow) -> tuple[EnteredState, ...]:
    """The states that the photo's last execution entered."""
    stepfunctions = stage.session().client("stepfunctions")
    history = list(events_of(stepfunctions, row.execution_arn))
    if not history:
        return ()
    started: datetime = history[0]["timestamp"]
    return tuple(
        EnteredState(state=step.name, seconds=round((step.entered - started).total_seconds(), 3))
        for step in read_run(history).steps
    )


def driver_view(stage: LocalStage, driver: str) -> DriverView:
    """From the index by driver, and the assignment in force."""
    rows, _ = _photos(stage).of_driver(driver, limit=LATEST)
    assignments = AssignmentsTable(
        stage.session().client("dynamodb"), table=stage.outputs["AssignmentsTable"]
    )
    assigned = assignments.row(driver)
    return DriverView(
        photos=tuple(map(LedgerRow.from_item, rows)),
        assignment=AssignmentRow.from_item(assigned) if assigned is not None else None,
    )


def seconds_taken(row: LedgerRow) -> float | None:
    """From the claim to the outcome (an upload's time has whole seconds); None while open."""
    if row.status not in FINAL_STATUSES:
        return None
    taken = datetime.fromisoformat(row.updated_at) - datetime.fromisoformat(row.claimed_at)
    return max(0.0, round(taken.total_seconds(), 3))


def row_document(row: LedgerRow) -> dict[str, Any]:  # Any: JSON
    """A photo's row for scripts: numbers as numbers."""
    facts = row.classification
    return {
        "photo_id": row.photo_id,
        "key": row.key,
        "driver_id": row.driver_id or None,
        "status": row.status,
        "vehicle": row.vehicle or facts.get("vehicle"),
        "confidence": float(facts["confidence"]) if "confidence" in facts else None,
        "reason": row.reason or row.review_reason or None,
        "message": row.message or None,
        "decided_by": row.decided_by or None,
        "superseded": row.superseded,
        "uploaded_at": row.uploaded_at,
        "updated_at": row.updated_at,
        "seconds": seconds_taken(row),
    }


def _photos(stage: LocalStage) -> PhotosTable:
    return PhotosTable(stage.session().client("dynamodb"), table=stage.outputs["PhotosTable"])
