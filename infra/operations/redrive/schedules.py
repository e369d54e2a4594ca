"""Scheduled calls that failed: the function is called again with the same event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra.operations.errors import OperationError
from infra.operations.redrive.work_off import MessageAction, MessagePlan, keep

if TYPE_CHECKING:
    from handlers.aws.dead_letters import DeadLetter

_TARGET = "TARGET_ARN"  # attribute of the scheduler's messages; Lambda's own have none
_ANSWER_LENGTH = 300


class CallFailed(OperationError):
    """The function ended with an error again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleMessages:
    """Plans the messages of the scheduler, and of Lambda for calls that it had accepted."""

    client: Any  # of Lambda, whose read time-out must exceed the functions' own
    sweeper: str  # names of the functions
    report: str
    _ended: set[tuple[str, str]] = field(default_factory=set)

    def call(self, message: DeadLetter) -> MessagePlan:
        """Call the function; messages with the same event are one call."""
        function = self._function_of(message)
        if function is None:
            return keep("the message names neither the sweeper nor the report")
        return MessagePlan(
            action=MessageAction.RUN,
            subject=function,
            run=lambda: self._run(function, message.body),
        )

    def _function_of(self, message: DeadLetter) -> str | None:
        event, target = message.document, message.attributes.get(_TARGET, "")
        if target:
            names = (self.sweeper, self.report)
            return next((name for name in names if target.endswith(f":{name}")), None)
        # Lambda's dead letters do not name their function, but the schedules' events differ.
        if event is None:
            return None
        return self.report if "scheduled_at" in event else self.sweeper if not event else None

    def _run(self, function: str, body: str) -> None:
        if (function, body) in self._ended:
            return
        response = self.client.invoke(FunctionName=function, Payload=body.encode())
        if response.get("FunctionError"):
            answer = response["Payload"].read().decode(errors="replace")
            raise CallFailed(f"{function} failed again: {answer[:_ANSWER_LENGTH]}")
        self._ended.add((function, body))
