"""An SQS queue, as those who mend photos and report on them use it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Queue:
    """One queue."""

    def __init__(self, sqs: "SQSClient", *, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, message: Mapping[str, Any]) -> None:  # Any: JSON
        """Sending again is safe: what is drained twice is dropped once."""
        self._sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(message))

    def depth(self) -> int:
        """About how many messages it holds, whether somebody has them in hand or not."""
        found = self._sqs.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return sum(int(number) for number in found["Attributes"].values())
