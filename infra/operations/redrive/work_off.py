"""Works off the messages of a queue: each is planned, done and deleted before the next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import SconesError
from infra.operations.errors import OperationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from handlers.aws.dead_letters import DeadLetter, DeadLetterReader


class MessageAction(StrEnum):
    """What a message becomes."""

    START = "start"  # an execution
    SEND = "send"  # a new review message
    PUBLISH = "publish"  # labels and events
    RUN = "run"  # a call of the scheduled function
    DISCARD = "discard"  # what it asks for is done already
    KEEP = "keep"  # it cannot be redriven; --drop deletes it


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePlan:
    """What is to be done for one message. `run` must be safe to repeat."""

    action: MessageAction
    subject: str = ""  # photo id or function; empty where the message names none
    reason: str = ""
    run: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageResult:
    """What was done for one message, or would be done in a dry run."""

    message_id: str
    action: MessageAction
    subject: str
    reason: str
    is_deleted: bool
    body: str


def keep(reason: str, *, subject: str = "") -> MessagePlan:
    """Return the plan of a message that only a person can settle."""
    return MessagePlan(action=MessageAction.KEEP, subject=subject, reason=reason)


def discard(reason: str, *, subject: str) -> MessagePlan:
    """Return the plan of a message that asks for nothing any more."""
    return MessagePlan(action=MessageAction.DISCARD, subject=subject, reason=reason)


def work_off(
    queue: DeadLetterReader,
    plan_of: Callable[[DeadLetter], MessagePlan],
    *,
    dry_run: bool,
    drop: bool,
) -> Iterator[MessageResult]:
    """Yield one result a message; messages that were not deleted are visible again afterwards.

    A message is deleted after its plan has run, so that a crash in between runs it twice and never
    loses it. A refusal by a service keeps the message and does not stop the others.
    """
    kept = []
    try:
        for message in list(queue.receive()):
            result = _work_off_one(queue, message, plan_of, dry_run=dry_run, drop=drop)
            if not result.is_deleted:
                kept.append(message)
            yield result
    finally:
        queue.show(kept)


def _work_off_one(
    queue: DeadLetterReader,
    message: DeadLetter,
    plan_of: Callable[[DeadLetter], MessagePlan],
    *,
    dry_run: bool,
    drop: bool,
) -> MessageResult:
    plan, is_deleted = keep("not read"), False
    try:
        plan = plan_of(message)
        is_due = not dry_run and (drop or plan.action is not MessageAction.KEEP)
        if is_due:
            if plan.run is not None:
                plan.run()
            queue.delete(message)
            is_deleted = True
    except (BotoCoreError, ClientError, OperationError, SconesError) as error:
        plan = keep(f"refused: {error}", subject=plan.subject)
    return MessageResult(
        message_id=message.message_id,
        action=plan.action,
        subject=plan.subject,
        reason=plan.reason,
        is_deleted=is_deleted,
        body=message.body,
    )
