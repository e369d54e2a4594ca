"""An SNS topic, by which people are notified."""

from typing import Protocol

_SUBJECT_LENGTH = 100  # what SNS accepts


class SNSClient(Protocol):
    """The method of boto3's client that is used."""

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> object:  # noqa: N803 # boto3's names
        """Send a message to all subscribers."""


class Topic:
    """Publishes on one topic; its subscribers are configuration."""

    def __init__(self, sns: SNSClient, *, arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def publish(self, subject: str, text: str) -> None:
        """Publish a message; the subject is made ASCII, one line and short, as SNS requires."""
        line = " ".join(subject.split()).encode("ascii", "replace").decode()[:_SUBJECT_LENGTH]
        self._sns.publish(TopicArn=self._arn, Subject=line, Message=text)
