"""Everything against everything: bucket, ledger, assignments, executions and queues, for operators.

It lists whole tables, so people run it (`scones reconcile`); the sweeper does a part at a time.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from handlers.aws.executions import Executions
from handlers.aws.ledger import PhotosTable
from handlers.aws.queues import Queue
from monitoring.invariants import Finding, Verdict, check
from monitoring.mend import Mender, Tally
from monitoring.repairs import REMIND, Patience, Repair, forgotten_review, repairs_of
from monitoring.survey import Places, survey
from monitoring.world import World

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What was found, what was done about it, and what only a person can judge."""

    verdict: Verdict
    repairs: tuple[Repair, ...]
    beyond_repair: tuple[Finding, ...]
    mended: Counter[str]  # by action; empty in a dry run
    refused: tuple[str, ...]  # what a service refused to do, by photo

    @property
    def is_clean(self) -> bool:
        """Nothing is left to do."""
        return not self.beyond_repair and self.mended.total() == len(self.repairs)


def reconcile(
    session: "boto3.Session",
    places: Places,
    *,
    read_queues: bool,
    patience: Patience,
    mender: Mender | None,
) -> Reconciliation:
    """Without a mender nothing is changed."""
    world = survey(session, places, read_queues=read_queues)
    verdict = check(world, grace=patience.execution)
    repairs, rest = repairs_of(verdict.findings, world, patience=patience)
    now = datetime.fromisoformat(world.as_of)
    messages = Queue(session.client("sqs"), url=places.review_queue_url).depth
    repairs += _idle_reviews(world, repairs, now=now, patience=patience, messages=messages)
    tally = Tally()
    if mender is not None:
        for repair in repairs:
            tally.mend(mender, repair, now=now)
    return Reconciliation(
        verdict=verdict,
        repairs=tuple(repairs),
        beyond_repair=tuple(rest),
        mended=tally.mended,
        refused=tuple(tally.refused),
    )


def mender_of(session: "boto3.Session", places: Places) -> Mender:
    """What repairs are made with, at these places."""
    sqs = session.client("sqs")
    return Mender(
        ledger=PhotosTable(session.client("dynamodb"), table=places.photos_table),
        executions=Executions(
            session.client("stepfunctions"), machine_arn=places.state_machine_arn
        ),
        reviews=Queue(sqs, url=places.review_queue_url),
        failures=Queue(sqs, url=places.failures_queue_url),
    )


def _idle_reviews(
    world: World,
    repairs: list[Repair],
    *,
    now: datetime,
    patience: Patience,
    messages: Callable[[], int],
) -> list[Repair]:
    """Where the queue was read, its messages are the better proof; else it matters how many there
    are: as many as open reviews, and nobody needs a reminder."""
    if world.review_messages is not None:
        return []
    known = {(repair.photo_id, repair.action) for repair in repairs}
    found = [forgotten_review(row, now=now, patience=patience) for row in world.ledger]
    idle = [each for each in found if each and (each.photo_id, each.action) not in known]
    all_wait = bool(idle) and messages() >= sum(row.review == "open" for row in world.ledger)
    return [each for each in idle if not (all_wait and each.action == REMIND)]
