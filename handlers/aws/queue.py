"""An SQS queue, for repairs, the report and operators' commands."""

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import SconesError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_HIDDEN_S = 60  # visibility time-out of a message while `peek` runs
_PEEK_S = 45  # shorter than that, so that no message is received twice
_WAIT_S = 1  # for a message; without a wait, only some of SQS's servers are asked
_BATCH = 10  # the limit of SQS
_RECEIVERS = 8  # at once: nearly all of the time is spent waiting for SQS


class QueueTooLong(SconesError):
    """The queue has more messages than `peek` can read before the first are visible again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSize:
    """Numbers of messages, as SQS estimates them."""

    visible: int
    delayed: int
    in_flight: int  # received and neither deleted nor visible again


class Queue:
    """Sends to and inspects one queue; errors of the SDK are raised unchanged."""

    def __init__(self, sqs: "SQSClient", *, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, message: Mapping[str, Any]) -> None:  # Any: JSON
        """Send a message; sending it again is safe, because receivers drop surplus messages."""
        self._sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(message))

    def size(self) -> QueueSize:
        """Return the numbers of messages by state."""
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
        """Return the number of messages that are visible or in flight."""
        size = self.size()
        return size.visible + size.in_flight

    def peek(self) -> list[str]:
        """Return the bodies of all visible messages, without deleting them.

        Other receivers do not get them in the meantime, and each call counts as a receive.

        Raises: QueueTooLong.
        """
        end = time.monotonic() + _PEEK_S
        messages: dict[str, Any] = {}  # Any: as SQS returns them, by message id
        with ThreadPoolExecutor(_RECEIVERS) as pool:
            try:
                receivers = [
                    pool.submit(self._receive_all, messages, end) for _ in range(_RECEIVERS)
                ]
                wait(receivers)  # what each has received is shown again, also if one has failed
                results = [receiver.result() for receiver in receivers]
            finally:
                handles = [message["ReceiptHandle"] for message in messages.values()]
                batches = range(0, len(handles), _BATCH)
                list(pool.map(lambda start: self._show(handles[start : start + _BATCH]), batches))
        if not all(results):
            raise QueueTooLong(
                f"a queue has more messages than can be read within {_PEEK_S} s "
                f"({len(messages)} so far); run again without the queues"
            )
        return [message["Body"] for message in messages.values()]

    def _receive_all(self, messages: dict[str, Any], end: float) -> bool:
        """Receive until no new message comes; False if `end` comes first."""
        while True:
            received = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=_HIDDEN_S,
                WaitTimeSeconds=_WAIT_S,
            ).get("Messages", [])
            are_new = any(message["MessageId"] not in messages for message in received)
            messages.update({message["MessageId"]: message for message in received})
            if not are_new:
                return True
            if time.monotonic() > end:
                return False

    def discard(self, is_surplus: Callable[[str], bool], *, count: int) -> int:
        """Delete up to `count` visible messages whose body `is_surplus`; return how many.

        Other messages are visible again afterwards, and each was received once. A long queue is
        read in part: receivers drop a surplus message that remains.
        """
        deleted, handles = 0, []
        end = time.monotonic() + _PEEK_S
        try:
            while deleted < count and time.monotonic() < end:
                messages = self._sqs.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=_BATCH,
                    VisibilityTimeout=_HIDDEN_S,
                    WaitTimeSeconds=_WAIT_S,
                ).get("Messages", [])
                if not messages:
                    break
                for message in messages:
                    if is_surplus(message["Body"]):
                        self._sqs.delete_message(
                            QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"]
                        )
                        deleted += 1
                    else:
                        handles.append(message["ReceiptHandle"])
        finally:
            self._show(handles)
        return deleted

    def _show(self, handles: list[str]) -> None:
        for start in range(0, len(handles), _BATCH):
            # On failure, the messages become visible by themselves within a minute.
            with contextlib.suppress(BotoCoreError, ClientError):
                self._sqs.change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                        for number, handle in enumerate(handles[start : start + _BATCH])
                    ],
                )
