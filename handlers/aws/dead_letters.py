"""A queue whose messages operators work off: failures and dead letters."""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.json_text import parse_json

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_HIDDEN_S = 900  # a scheduled function may run for minutes before its message is deleted
_READ_S = 120  # so that the first message stays hidden while the last is worked off
_WAIT_S = 1  # without a wait, only some of SQS's servers are asked
_BATCH = 10  # the limit of SQS


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A received message."""

    message_id: str
    body: str
    receipt: str
    attributes: Mapping[str, str] = field(default_factory=dict)  # texts that its sender attached

    @property
    def document(self) -> dict[str, Any] | None:  # Any: JSON
        """The body as a JSON object; None if it is not one."""
        try:
            document = parse_json(self.body)
        except ValueError:
            return None
        return document if isinstance(document, dict) else None


class DeadLetterReader:
    """Receives and deletes on one queue; errors of the SDK are raised unchanged."""

    def __init__(self, sqs: "SQSClient", *, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def receive(self) -> Iterator[DeadLetter]:
        """Yield the visible messages and hide them for 15 minutes; see `show`.

        What two minutes do not suffice for is left for the next call.
        """
        known: set[str] = set()
        end = time.monotonic() + _READ_S
        while time.monotonic() < end:
            messages = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=_HIDDEN_S,
                WaitTimeSeconds=_WAIT_S,
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            fresh = [message for message in messages if message["MessageId"] not in known]
            if not fresh:
                return
            known |= {message["MessageId"] for message in fresh}
            for message in fresh:
                attributes = message.get("MessageAttributes", {})
                yield DeadLetter(
                    message_id=message["MessageId"],
                    body=message["Body"],
                    receipt=message["ReceiptHandle"],
                    attributes={
                        name: value.get("StringValue", "") for name, value in attributes.items()
                    },
                )

    def delete(self, message: DeadLetter) -> None:
        """Delete a received message."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def show(self, messages: Iterable[DeadLetter]) -> None:
        """Make received messages visible again; on failure they become so by themselves."""
        receipts = [message.receipt for message in messages]
        for start in range(0, len(receipts), _BATCH):
            with contextlib.suppress(BotoCoreError, ClientError):
                self._sqs.change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                        for number, receipt in enumerate(receipts[start : start + _BATCH])
                    ],
                )
