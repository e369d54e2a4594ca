"""Everything against everything: bucket, ledger, assignments, executions and queues, for operators.

It lists whole tables, so people run it (`scones reconcile`); the sweeper does a part at a time.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from handlers.aws.executions import Executions
from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from monitoring.reconciliation.checker import ConservationResult, Violation, check
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

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What was found, what was done about it, and what only a person can judge."""

    verdict: ConservationResult
    repairs: tuple[Repair, ...]
    unrepairable: tuple[Violation, ...]
    repaired: Counter[str]  # by action; empty in a dry run
    refused: tuple[str, ...]  # what a service refused to do, by photo

    @property
    def is_clean(self) -> bool:
        """Nothing is left to do."""
        return not self.unrepairable and self.repaired.total() == len(self.repairs)


def reconcile(
    session: "boto3.Session",
    places: Places,
    *,
    read_queues: bool,
    deadlines: RepairDeadlines,
    executor: RepairExecutor | None,
) -> Reconciliation:
    """Without a executor nothing is changed."""
    inventory = read_inventory(session, places, read_queues=read_queues)
    verdict = check(inventory, grace=deadlines.execution)
    repairs, rest = repairs_of(verdict.violations, inventory, deadlines=deadlines)
    now = datetime.fromisoformat(inventory.as_of)
    messages = Queue(session.client("sqs"), url=places.review_queue_url).depth
    repairs += _idle_reviews(inventory, repairs, now=now, deadlines=deadlines, messages=messages)
    tally = RepairSummary()
    if executor is not None:
        for repair in repairs:
            tally.execute(executor, repair, now=now)
    return Reconciliation(
        verdict=verdict,
        repairs=tuple(repairs),
        unrepairable=tuple(rest),
        repaired=tally.repaired,
        refused=tuple(tally.refused),
    )


def repair_executor_of(session: "boto3.Session", places: Places) -> RepairExecutor:
    """What repairs are made with, at these places."""
    sqs = session.client("sqs")
    return RepairExecutor(
        ledger=PhotosTable(session.client("dynamodb"), table=places.photos_table),
        executions=Executions(
            session.client("stepfunctions"), machine_arn=places.state_machine_arn
        ),
        reviews=Queue(sqs, url=places.review_queue_url),
        failures=Queue(sqs, url=places.failures_queue_url),
    )


def _idle_reviews(
    inventory: Inventory,
    repairs: list[Repair],
    *,
    now: datetime,
    deadlines: RepairDeadlines,
    messages: Callable[[], int],
) -> list[Repair]:
    """Where the queue was read, its messages are the better proof; else it matters how many there
    are: as many as open reviews, and nobody needs a reminder."""
    if inventory.review_messages is not None:
        return []
    known = {(repair.photo_id, repair.action) for repair in repairs}
    found = [forgotten_review(row, now=now, deadlines=deadlines) for row in inventory.ledger]
    idle = [each for each in found if each and (each.photo_id, each.action) not in known]
    all_wait = bool(idle) and messages() >= sum(row.review == "open" for row in inventory.ledger)
    return [each for each in idle if not (all_wait and each.action == REMIND)]
