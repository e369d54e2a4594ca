"""The review queue: messages point at reviews, the ledger says what may be done about them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import LedgerUnavailable
from handlers.domain.ledger.messages import review_message
from handlers.domain.review.row import ReviewRow

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Every receive counts towards the dead letters; from here on a copy with a new count goes instead.
MOST_RECEIVES = 20
# The message is no longer ours: it came back to the queue, or somebody deleted it.
_STALE = {
    "ReceiptHandleIsInvalid",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message in hand; `photo_id` is empty where it names none: that one is left to redrive."""

    photo_id: str
    receipt: str
    body: str
    receives: int


class ReviewQueue:
    """One queue; whatever became of a message meanwhile is not an error."""

    def __init__(self, sqs: "SQSClient", *, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def receive(self, *, visibility_s: int) -> Message | None:
        """Raises: LedgerUnavailable."""
        try:
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=1,
                VisibilityTimeout=visibility_s,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        except (BotoCoreError, ClientError) as error:
            raise LedgerUnavailable(f"the review queue does not answer: {error}") from error
        for found in answer.get("Messages", []):
            return Message(
                photo_id=_photo_id(found["Body"]),
                receipt=found["ReceiptHandle"],
                body=found["Body"],
                receives=int(found.get("Attributes", {}).get("ApproximateReceiveCount", "1")),
            )
        return None

    def defer(self, message: Message, seconds: int) -> None:
        """Let it come back after a while. Raises: LedgerUnavailable."""
        if message.receives < MOST_RECEIVES:
            self.hide(message.receipt, seconds)
            return
        self._do(
            lambda: self._sqs.send_message(
                QueueUrl=self._url, MessageBody=message.body, DelaySeconds=seconds
            )
        )
        self.delete(message.receipt)

    def hide(self, receipt: str, seconds: int) -> None:
        """Visibility follows the lease. Raises: LedgerUnavailable."""
        self._do(
            lambda: self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
        )

    def delete(self, receipt: str) -> None:
        """Raises: LedgerUnavailable."""
        self._do(lambda: self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt))

    def send(self, row: ReviewRow, *, reason: str) -> None:
        """Sending once too often is harmless. Raises: LedgerUnavailable."""
        message = review_message(row, reason=reason, received_at=row.received_at)
        body = json.dumps(message)
        self._do(lambda: self._sqs.send_message(QueueUrl=self._url, MessageBody=body))

    def _do(self, act: Callable[[], object]) -> None:
        try:
            act()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code not in _STALE:
                raise LedgerUnavailable(f"the review queue answered {code}") from error
        except BotoCoreError as error:
            raise LedgerUnavailable(str(error)) from error


def _photo_id(body: str) -> str:
    try:
        found = json.loads(body)["photo_id"]
    except (KeyError, TypeError, ValueError):
        return ""
    return found if isinstance(found, str) and len(found) == 64 else ""
