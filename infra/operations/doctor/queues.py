"""Are the queues that operators read empty, and do reviewers keep up?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from infra.operations.doctor.stage_check import CheckAnswer, StageCheck, ok, problem
from infra.operations.redrive.queues import QUEUES
from monitoring.reconciliation.sweep import oldest_review_s

if TYPE_CHECKING:
    from infra.operations.doctor.examined_stage import ExaminedStage

_REVIEWED_WITHIN_S = 24 * 3600  # as the alarm OldestReviewOver1Day


def _empty(stage: ExaminedStage, *, output: str) -> CheckAnswer:
    depth = Queue(stage.client("sqs"), url=stage.target.output(output)).depth()
    return problem(f"{depth} message(s)") if depth else ok("empty")


def _reviews_keep_up(stage: ExaminedStage) -> CheckAnswer:
    table = PhotosTable(stage.client("dynamodb"), table=stage.target.output("PhotosTable"))
    age_s = oldest_review_s(table, now=stage.now)
    hours = age_s / 3600
    if age_s > _REVIEWED_WITHIN_S:
        return problem(f"the oldest open review waits for {hours:.0f} hours")
    return ok(f"the oldest open review waits for {hours:.1f} hours" if age_s else "none open")


CHECKS = (
    *(
        StageCheck(
            name=f"queue_of_{name}",
            question=f"Is the queue of {queue.holds} empty?",
            remedy=f"Fix the cause, then run `scones redrive --queue {name}`.",
            answer=partial(_empty, output=queue.output),
        )
        for name, queue in QUEUES.items()
    ),
    StageCheck(
        name="reviews_keep_up",
        question="Are reviews decided within a day?",
        remedy="Find reviewers: `scones provision reviewer NAME` creates one.",
        answer=_reviews_keep_up,
    ),
)
