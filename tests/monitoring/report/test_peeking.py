"""Peeking into a queue leaves its messages as they were, however it ends."""

from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from handlers.aws import queue
from handlers.aws.queue import Queue, QueueTooLong


class Sqs:
    """boto3's client, which records receives and may refuse the second one."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.client = boto3.client("sqs", region_name="us-east-1")
        self.url = self.client.create_queue(QueueName="q")["QueueUrl"]
        self.receives: list[dict[str, Any]] = []
        self._refuses = refuses

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def receive_message(self, **arguments: Any) -> Any:
        self.receives.append(arguments)
        if self._refuses and len(self.receives) == 2:
            raise ClientError(cast("Any", {"Error": {"Code": "Throttled"}}), "ReceiveMessage")
        return self.client.receive_message(**arguments)

    def change_message_visibility_batch(self, **arguments: Any) -> Any:
        if len(arguments["Entries"]) > 10:  # as SQS does; moto accepts any number
            error: Any = {"Error": {"Code": "TooManyEntriesInBatchRequest"}}
            raise ClientError(error, "ChangeMessageVisibilityBatch")
        return self.client.change_message_visibility_batch(**arguments)

    def fill(self, count: int) -> None:
        for number in range(count):
            self.client.send_message(QueueUrl=self.url, MessageBody=str(number))

    def visible(self) -> int:
        name: Any = "ApproximateNumberOfMessages"
        response = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(response["Attributes"][name])


@pytest.fixture(autouse=True)
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


def peek(sqs: Sqs) -> list[str]:
    return Queue(cast("Any", sqs), url=sqs.url).peek()


def test_every_message_is_returned_and_stays() -> None:
    sqs = Sqs()
    sqs.fill(25)
    assert sorted(map(int, peek(sqs))) == list(range(25))
    assert sqs.visible() == 25
    # A short poll queries some of SQS's servers only, and may return no message of several.
    assert min(arguments["WaitTimeSeconds"] for arguments in sqs.receives) > 0


def test_a_failed_peek_hides_no_message() -> None:
    sqs = Sqs(refuses=True)
    sqs.fill(12)
    with pytest.raises(ClientError):
        peek(sqs)
    assert sqs.visible() == 12


def test_a_queue_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_PEEK_S", -1)
    sqs = Sqs()
    sqs.fill(12)
    with pytest.raises(QueueTooLong, match="so far"):
        peek(sqs)
    assert sqs.visible() == 12


def test_a_peek_ends_before_its_first_message_is_visible_again() -> None:
    assert queue._PEEK_S < queue._HIDDEN_S


def test_messages_that_are_not_discarded_are_visible_again() -> None:
    sqs = Sqs()
    sqs.fill(25)
    kept = Queue(cast("Any", sqs), url=sqs.url)
    assert kept.discard(lambda body: body == "24", count=2) == 1
    assert sqs.visible() == 24
