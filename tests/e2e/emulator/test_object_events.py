"""The event of a new object has the form in which AWS sends it through EventBridge."""

import json
import re
import uuid
from typing import TYPE_CHECKING

import pytest

from handlers.aws.object_versions import pages
from infra.local.account import ACCOUNT, REGION
from tests.e2e.emulator.conftest import Emulated, Json

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

pytestmark = pytest.mark.e2e

ODD_KEY = "intake/d 1/50%+ü%2F🚲'\".jpg"


def test_any_key_is_listed_as_it_was_stored(emulated: Emulated) -> None:
    """XML cannot hold most control characters, and turns a carriage return into a line feed."""
    s3: S3Client = emulated.session.client("s3")
    bucket = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    keys = {ODD_KEY, "intake/d/a&<b>.jpg", "intake/d/Icon\r"}
    keys |= {f"intake/d/{chr(code)}" for code in (1, 7, 27, 31, 0xFFFE, 0xFFFF)}
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    listed = [upload.key for uploads, _ in pages(s3, bucket=bucket) for upload in uploads]
    assert sorted(listed) == sorted(keys)


def test_each_version_is_read_from_its_file(emulated: Emulated) -> None:
    """The emulator keeps contents in files alone, also those of versions that are not current."""
    s3: S3Client = emulated.session.client("s3")
    bucket, key = f"b-{uuid.uuid4()}", "intake/d/a.jpg"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    contents = {
        s3.put_object(Bucket=bucket, Key=key, Body=content)["VersionId"]: content
        for content in (b"first", b"second")
    }
    marker = s3.delete_object(Bucket=bucket, Key=key)["VersionId"]
    for version, content in contents.items():
        stored = s3.get_object(Bucket=bucket, Key=key, VersionId=version)
        assert stored["Body"].read() == content
    s3.delete_object(Bucket=bucket, Key=key, VersionId=marker)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"second"
    s3.delete_object(Bucket=bucket, Key=key, VersionId=[*contents][1])
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"first"


def test_the_event_of_a_versioned_object_has_the_fields_of_aws(emulated: Emulated) -> None:
    bucket, inbox = _bucket_with_events(emulated, versioned=True)
    s3: S3Client = emulated.session.client("s3")
    stored = s3.put_object(Bucket=bucket, Key=ODD_KEY, Body=b"photo")

    event = _received(emulated, inbox)

    assert event["source"] == "aws.s3"
    assert event["detail-type"] == "Object Created"
    assert event["account"] == ACCOUNT
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    detail = event["detail"]
    assert set(detail) == {
        "version", "bucket", "object", "request-id", "requester", "source-ip-address", "reason"
    }  # fmt: skip
    assert (detail["version"], detail["reason"]) == ("0", "PutObject")
    assert detail["bucket"] == {"name": bucket}
    sequencer = detail["object"].pop("sequencer")
    assert re.fullmatch(r"[0-9A-F]{18}", sequencer)
    assert re.fullmatch(r"[0-9A-F]{16}", detail["request-id"])
    assert detail["object"] == {
        "key": ODD_KEY,
        "size": 5,
        "etag": stored["ETag"].strip('"'),
        "version-id": stored["VersionId"],
    }


def test_the_same_key_with_new_bytes_is_a_new_version(emulated: Emulated) -> None:
    bucket, inbox = _bucket_with_events(emulated, versioned=True)
    s3: S3Client = emulated.session.client("s3")
    stored = [
        s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"1", b"2")
    ]
    objects = [_received(emulated, inbox)["detail"]["object"] for _ in stored]
    assert {item["version-id"] for item in objects} == set(stored)
    by_sequencer = sorted(objects, key=lambda item: str(item["sequencer"]))
    assert [item["version-id"] for item in by_sequencer] == stored


def test_the_event_of_an_unversioned_object_has_no_version(emulated: Emulated) -> None:
    bucket, inbox = _bucket_with_events(emulated, versioned=False)
    emulated.session.client("s3").put_object(Bucket=bucket, Key="k", Body=b"")
    assert "version-id" not in _received(emulated, inbox)["detail"]["object"]


def _bucket_with_events(emulated: Emulated, *, versioned: bool) -> tuple[str, str]:
    """Create a bucket whose events go to a queue; return its name and the queue's URL."""
    s3: S3Client = emulated.session.client("s3")
    queues: SQSClient = emulated.session.client("sqs")
    rules: EventBridgeClient = emulated.session.client("events")
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}}
    rules.put_rule(Name=name, EventPattern=json.dumps(pattern))
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    rules.put_targets(Rule=name, Targets=[{"Id": "inbox", "Arn": arn}])
    return name, url


def _received(emulated: Emulated, url: str) -> Json:
    queues: SQSClient = emulated.session.client("sqs")
    [message] = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    event: Json = json.loads(message["Body"])
    return event
