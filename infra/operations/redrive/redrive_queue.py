"""Redrives one queue of a system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.config import Config

from handlers.aws.dead_letters import DeadLetterReader
from handlers.aws.event_bus import EventBus
from handlers.aws.label_store import LabelStore
from handlers.aws.photos_table import PhotosTable
from infra.operations.redrive.changes import ChangeMessages
from infra.operations.redrive.photos import PhotoMessages
from infra.operations.redrive.queues import QUEUES, QueueName
from infra.operations.redrive.schedules import ScheduleMessages
from infra.operations.redrive.work_off import work_off
from monitoring.reconciliation.reconcile import repair_executor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from handlers.aws.dead_letters import DeadLetter
    from infra.operations.redrive.work_off import MessagePlan, MessageResult
    from infra.operations.target import Target

_LONGEST_CALL_S = 900  # Lambda's own limit


def redrive_queue(
    target: Target, name: QueueName, *, now: datetime, dry_run: bool, drop: bool
) -> Iterator[MessageResult]:
    """Work off the messages of one queue. Raises: OutdatedStack, ClientError, BotoCoreError.

    `drop` also deletes messages that cannot be redriven; a dry run changes nothing.
    """
    queue = DeadLetterReader(target.session.client("sqs"), url=target.output(QUEUES[name].output))
    yield from work_off(queue, _plan_of(target, name, now), dry_run=dry_run, drop=drop)


def _plan_of(target: Target, name: QueueName, now: datetime) -> Callable[[DeadLetter], MessagePlan]:
    session = target.session
    if name is QueueName.CHANGES:
        return ChangeMessages(
            streams=session.client("dynamodbstreams"),
            photos=PhotosTable(session.client("dynamodb"), table=target.output("PhotosTable")),
            labels=LabelStore(session.client("s3"), bucket=target.output("LabelsBucket")),
            bus=EventBus(session.client("events"), name=target.output("EventBusName")),
        ).change
    if name is QueueName.SCHEDULES:
        # A repeated call would run beside the first one.
        limits = Config(read_timeout=_LONGEST_CALL_S, retries={"total_max_attempts": 1})
        settings = session.client("lambda").meta.config.merge(limits)
        return ScheduleMessages(
            client=session.client("lambda", config=settings),
            sweeper=target.output("SweeperFunction"),
            report=target.output("ReportFunction"),
        ).call
    photos = PhotoMessages(
        executor=repair_executor_of(session, target.places),
        intake_bucket=target.output("IntakeBucket"),
        now=now,
    )
    return {
        QueueName.FAILURES: photos.failure,
        QueueName.INTAKE: photos.intake,
        QueueName.REVIEW: photos.review,
    }[name]
