"""An SQS queue, as those who mend photos and report on them use it."""

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import SconesError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_HIDDEN_S = 60  # while a look goes on
_LOOK_S = 45  # shorter: no message may come by a second time
_AT_ONCE = 10


class QueueTooLong(SconesError):
    """It holds more messages than can be looked at before the first are visible again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSize:
    """Messages of a queue, as SQS estimates them."""

    visible: int
    delayed: int
    in_flight: int  # received and neither deleted nor visible again


class Queue:
    """One queue."""

    def __init__(self, sqs: "SQSClient", *, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, message: Mapping[str, Any]) -> None:  # Any: JSON
        """Sending again is safe: what is drained twice is dropped once."""
        self._sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(message))

    def size(self) -> QueueSize:
        """How many messages it holds, by state."""
        response = self._sqs.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesDelayed",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )
        numbers = response["Attributes"]
        return QueueSize(
            visible=int(numbers["ApproximateNumberOfMessages"]),
            delayed=int(numbers.get("ApproximateNumberOfMessagesDelayed", 0)),
            in_flight=int(numbers.get("ApproximateNumberOfMessagesNotVisible", 0)),
        )

    def depth(self) -> int:
        """How many messages are visible or in flight."""
        size = self.size()
        return size.visible + size.in_flight

    def peek(self) -> list[str]:
        """The bodies of all messages that nobody has in hand. They are hidden from others
        meanwhile, and each look counts as a receive.

        Raises: QueueTooLong.
        """
        bodies: dict[str, str] = {}
        handles: dict[str, str] = {}
        end = time.monotonic() + _LOOK_S
        try:
            while True:
                messages = self._sqs.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=_AT_ONCE,
                    VisibilityTimeout=_HIDDEN_S,
                    WaitTimeSeconds=1,  # without a wait, only some of SQS's servers are asked
                ).get("Messages", [])
                are_new = any(each["MessageId"] not in bodies for each in messages)
                bodies |= {each["MessageId"]: each["Body"] for each in messages}
                handles |= {each["MessageId"]: each["ReceiptHandle"] for each in messages}
                if not are_new:
                    return list(bodies.values())
                if time.monotonic() > end:
                    raise QueueTooLong(
                        f"a queue holds more messages than can be read within {_LOOK_S} s, "
                        f"{len(bodies)} and more: leave the queues out"
                    )
        finally:
            self._show(list(handles.values()))

    def _show(self, handles: list[str]) -> None:
        for start in range(0, len(handles), _AT_ONCE):
            # What cannot be shown again now is so by itself within a minute.
            with contextlib.suppress(BotoCoreError, ClientError):
                self._sqs.change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                        for number, handle in enumerate(handles[start : start + _AT_ONCE])
                    ],
                )
