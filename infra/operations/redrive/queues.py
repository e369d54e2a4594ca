"""The queues that operators empty, by the name on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class QueueName(StrEnum):
    """What `scones redrive --queue` accepts."""

    FAILURES = "failures"
    INTAKE = "intake"
    CHANGES = "changes"
    SCHEDULES = "schedules"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorQueue:
    """A queue whose every message is for an operator."""

    output: str  # of the stack `Pipeline`, with the queue's URL
    holds: str  # what its messages are


QUEUES = {
    QueueName.FAILURES: OperatorQueue(output="FailuresQueueUrl", holds="failed photos"),
    QueueName.INTAKE: OperatorQueue(
        output="IntakeDeadLettersUrl", holds="events of photos that started no execution"
    ),
    QueueName.CHANGES: OperatorQueue(
        output="ChangesDeadLettersUrl", holds="changes of the ledger that were not published"
    ),
    QueueName.SCHEDULES: OperatorQueue(
        output="ScheduleDeadLettersUrl", holds="calls of sweeper and report that failed"
    ),
    QueueName.REVIEW: OperatorQueue(
        output="ReviewDeadLettersUrl", holds="review messages that could not be read"
    ),
}
