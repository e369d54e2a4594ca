"""Compares bucket, ledger, assignments, executions and queues as a whole, and repairs.

It lists whole tables, so operators run it (`scones reconcile`); the sweeper covers the same ground
in bounded steps.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from handlers.aws.assignments_table import AssignmentsTable
from handlers.aws.executions import Executions
from handlers.aws.label_store import LabelStore
from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from handlers.aws.review_decisions import ReviewLedger
from handlers.aws.review_transactions import Tables
from monitoring.reconciliation.checker import Violation
from monitoring.reconciliation.derived_records import DerivedRecords
from monitoring.reconciliation.inventory import Inventory
from monitoring.reconciliation.inventory_reader import Places, read_inventory
from monitoring.reconciliation.repair_executor import RepairExecutor, RepairSummary
from monitoring.reconciliation.repair_plan import (
    REMIND,
    Repair,
    RepairDeadlines,
    forgotten_review,
    repairs_of,
)
from monitoring.reconciliation.second_look import examine

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The violations, the repairs that they need, and the result of those repairs."""

    totals: Mapping[str, int]  # received, each final status, in_flight, lost, unreadable
    violations: tuple[Violation, ...]
    repairs: tuple[Repair, ...]  # needed; made unless it is a dry run
    unrepairable: tuple[Violation, ...]  # a person has to decide
    repaired: Counter[str]  # by action; empty in a dry run
    refused: tuple[str, ...]  # requests that a service refused, one text a repair

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left to do."""
        return not self.unrepairable and self.repaired.total() == len(self.repairs)


def reconcile(
    session: "boto3.Session",
    places: Places,
    *,
    read_queues: bool,
    deadlines: RepairDeadlines,
    executor: RepairExecutor | None,
) -> Reconciliation:
    """Compare everything; without an executor nothing is changed.

    Raises: QueueTooLong, LedgerBusy.
    """
    dynamodb = session.client("dynamodb")
    inventory, result = examine(
        read_inventory(session, places, read_queues=read_queues),
        PhotosTable(dynamodb, table=places.photos_table),
        AssignmentsTable(dynamodb, table=places.assignments_table),
        grace=deadlines.execution,
    )
    repairs, rest = repairs_of(result.violations, inventory, deadlines=deadlines)
    now = datetime.fromisoformat(inventory.as_of)
    messages = Queue(session.client("sqs"), url=places.review_queue_url).depth
    repairs += _idle_reviews(inventory, repairs, now=now, deadlines=deadlines, messages=messages)
    summary = RepairSummary()
    if executor is not None:
        for repair in repairs:
            summary.execute(executor, repair, now=now)
    return Reconciliation(
        totals=result.totals,
        violations=result.violations,
        repairs=tuple(repairs),
        unrepairable=tuple(rest),
        repaired=summary.repaired,
        refused=tuple(summary.refused),
    )


def repair_executor_of(session: "boto3.Session", places: Places) -> RepairExecutor:
    """Return an executor for these resources."""
    sqs, dynamodb = session.client("sqs"), session.client("dynamodb")
    photos = PhotosTable(dynamodb, table=places.photos_table)
    # A restored assignment changes no counter of a reviewer.
    tables = Tables(photos=places.photos_table, assignments=places.assignments_table, reviewers="")
    return RepairExecutor(
        ledger=photos,
        executions=Executions(
            session.client("stepfunctions"), machine_arn=places.state_machine_arn
        ),
        reviews=Queue(sqs, url=places.review_queue_url),
        failures=Queue(sqs, url=places.failures_queue_url),
        derived=DerivedRecords(
            photos=photos,
            ledger=ReviewLedger(dynamodb, tables=tables),
            labels=LabelStore(session.client("s3"), bucket=places.labels_bucket),
        ),
    )


def _idle_reviews(
    inventory: Inventory,
    repairs: list[Repair],
    *,
    now: datetime,
    deadlines: RepairDeadlines,
    messages: Callable[[], int],
) -> list[Repair]:
    """Return the reviews that need another message, beyond the repairs that are planned already.

    Where the queue was read, its messages are the better proof. Otherwise their number decides: if
    there are as many as open reviews, no message is missing.
    """
    if inventory.review_messages is not None:
        return []
    known = {(repair.photo_id, repair.action) for repair in repairs}
    candidates = (forgotten_review(row, now=now, deadlines=deadlines) for row in inventory.ledger)
    idle = [
        repair for repair in candidates if repair and (repair.photo_id, repair.action) not in known
    ]
    all_wait = bool(idle) and messages() >= sum(row.review == "open" for row in inventory.ledger)
    return [repair for repair in idle if not (all_wait and repair.action == REMIND)]
