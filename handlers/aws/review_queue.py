"""The review queue: a message names a review, and the ledger decides whether it is still open."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import LedgerUnavailable
from handlers.domain.ledger.messages import photo_named_in, review_message
from handlers.domain.review.row import ReviewRow

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Every receive counts towards the limit of the dead-letter queue. From this number on, a deferred
# message is replaced by a copy, whose count starts again.
MOST_RECEIVES = 20
# The receipt is out of date: the message is visible again, or it was deleted.
_STALE = {
    "ReceiptHandleIsInvalid",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewMessage:
    """A received message; `photo_id` is empty if the body is malformed."""

    photo_id: str
    receipt: str
    body: str
    receives: int  # how often it was received, this time included


class ReviewQueue:
    """Sends and receives on one queue; a receipt that is out of date is not an error."""

    def __init__(self, sqs: "SQSClient", *, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def receive(self, *, visibility_s: int) -> ReviewMessage | None:
        """Receive one message and hide it for `visibility_s`; None if none is visible.

        Raises: LedgerUnavailable.
        """
        try:
            response = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=1,
                VisibilityTimeout=visibility_s,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        except (BotoCoreError, ClientError) as error:
            raise LedgerUnavailable(f"the review queue cannot be read: {error}") from error
        messages = response.get("Messages", [])
        if not messages:
            return None
        (message,) = messages
        return ReviewMessage(
            photo_id=photo_named_in(message["Body"]),
            receipt=message["ReceiptHandle"],
            body=message["Body"],
            receives=int(message.get("Attributes", {}).get("ApproximateReceiveCount", "1")),
        )

    def defer(self, message: ReviewMessage, seconds: int) -> None:
        """Make the message visible again after `seconds`.

        Raises: LedgerUnavailable.
        """
        if message.receives < MOST_RECEIVES:
            self.hide(message.receipt, seconds)
            return
        self._run(
            lambda: self._sqs.send_message(
                QueueUrl=self._url, MessageBody=message.body, DelaySeconds=seconds
            )
        )
        self.delete(message.receipt)

    def hide(self, receipt: str, seconds: int) -> None:
        """Hide a received message for `seconds` from now; 0 makes it visible.

        Raises: LedgerUnavailable.
        """
        self._run(
            lambda: self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
        )

    def delete(self, receipt: str) -> None:
        """Delete a received message.

        Raises: LedgerUnavailable.
        """
        self._run(lambda: self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt))

    def send(self, row: ReviewRow, *, reason: str) -> None:
        """Send the message of an open review; a surplus one is dropped when it is received.

        Raises: LedgerUnavailable.
        """
        message = review_message(row, reason=reason, received_at=row.received_at)
        body = json.dumps(message)
        self._run(lambda: self._sqs.send_message(QueueUrl=self._url, MessageBody=body))

    def _run(self, call: Callable[[], object]) -> None:
        try:
            call()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code not in _STALE:
                raise LedgerUnavailable(f"the review queue refused the call: {code}") from error
        except BotoCoreError as error:
            raise LedgerUnavailable(f"the review queue cannot be reached: {error}") from error
