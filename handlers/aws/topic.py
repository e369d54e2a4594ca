"""An SNS topic, as those who tell people something use it."""

from typing import Protocol

_SUBJECT_LENGTH = 100  # what SNS accepts


class SNSClient(Protocol):
    """What is needed of boto3's client."""

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> object:  # noqa: N803 # boto3's names
        """Tell all who have subscribed."""


class Topic:
    """One topic; its readers are configuration."""

    def __init__(self, sns: SNSClient, *, arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def tell(self, subject: str, text: str) -> None:
        """SNS refuses subjects that are long, or hold line breaks or anything but ASCII."""
        line = " ".join(subject.split()).encode("ascii", "replace").decode()[:_SUBJECT_LENGTH]
        self._sns.publish(TopicArn=self._arn, Subject=line, Message=text)
