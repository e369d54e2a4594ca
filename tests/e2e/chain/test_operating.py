"""`scones doctor` and `scones redrive --queue` on the emulator."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.operations.doctor.catalogue import examine_stage
from infra.operations.doctor.examined_stage import ExaminedStage
from infra.operations.doctor.stage_check import CheckStatus, Diagnosis
from infra.operations.redrive.queues import QUEUES, QueueName
from infra.operations.redrive.redrive_queue import redrive_queue
from infra.operations.target import Target
from tests.e2e.chain.conftest import Chain

pytestmark = pytest.mark.e2e


def diagnoses(chain: Chain) -> list[Diagnosis]:
    target = Target.of_stage(chain.stage)
    now = datetime.now(UTC)
    return list(examine_stage(ExaminedStage.of(target, now=now, sends_test_alarm=True)))


def problems(chain: Chain) -> set[str]:
    return {diagnosis.check.name for diagnosis in diagnoses(chain) if diagnosis.is_problem}


def send(chain: Chain, queue: QueueName, message: object) -> None:
    chain.stage.client("sqs").send_message(
        QueueUrl=chain.stage.outputs[QUEUES[queue].output], MessageBody=json.dumps(message)
    )


def redrive(chain: Chain, queue: QueueName) -> list[tuple[str, bool]]:
    results = redrive_queue(
        Target.of_stage(chain.stage), queue, now=datetime.now(UTC), dry_run=False, drop=True
    )
    return [(str(result.action), result.is_deleted) for result in results]


def test_the_doctor_finds_what_was_broken_and_sees_it_repaired(chain: Chain) -> None:
    answers = {diagnosis.check.name: diagnosis.answer for diagnosis in diagnoses(chain)}
    sound = {"identity", "alarms_act", "test_alarm", "threshold", "intake_rule", "stream_mapping"}
    assert {answers[name].status for name in sound} == {CheckStatus.OK}, answers
    assert answers["endpoint_model"].status is CheckStatus.NOT_CHECKABLE
    assert "SageMaker" in answers["endpoint_model"].detail
    before = problems(chain)
    events, ssm = chain.stage.client("events"), chain.stage.client("ssm")
    (rule,) = (listed["Name"] for listed in events.list_rules()["Rules"])
    override = chain.stage.outputs["PolicyOverrideParameter"]
    in_force = ssm.get_parameter(Name=override)["Parameter"]["Value"]
    events.disable_rule(Name=rule)
    ssm.put_parameter(Name=override, Value='{"threshold": "high"}', Overwrite=True)
    send(chain, QueueName.SCHEDULES, {"another": "event"})
    try:
        planted = problems(chain)
    finally:
        events.enable_rule(Name=rule)
        ssm.put_parameter(Name=override, Value=in_force, Overwrite=True)
    assert planted - before == {"intake_rule", "threshold", "queue_of_schedules"}
    assert redrive(chain, QueueName.SCHEDULES) == [("keep", True)]
    assert problems(chain) == before


def test_dead_letters_of_intake_and_changes_are_redriven(chain: Chain) -> None:
    events = chain.stage.client("events")
    (rule,) = (listed["Name"] for listed in events.list_rules()["Rules"])
    events.disable_rule(Name=rule)
    try:
        photo = chain.upload("intake/m9/dead letter.jpg", chain.picture())
    finally:
        events.enable_rule(Name=rule)
    send(chain, QueueName.INTAKE, _event(chain, "intake/m9/dead letter.jpg"))
    with _unread_stream(chain):
        assert redrive(chain, QueueName.INTAKE) == [("start", True)]
        assert chain.outcome(photo)["status"] == "assigned"
        send(chain, QueueName.CHANGES, {"DDBStreamBatchInfo": _newest_record(chain)})
        assert redrive(chain, QueueName.CHANGES) == [("publish", True)]


@contextmanager
def _unread_stream(chain: Chain) -> Iterator[None]:
    """Stop the stream's function meanwhile: the emulator forgets what has been read."""
    functions = chain.stage.client("lambda")
    (mapping,) = (
        listed["UUID"] for listed in functions.list_event_source_mappings()["EventSourceMappings"]
    )
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping, Enabled=True)


def _event(chain: Chain, key: str) -> dict[str, Any]:
    """The event of an upload, as a rule's dead letter holds it."""
    bucket = chain.stage.outputs["IntakeBucket"]
    stored = chain.stage.client("s3").head_object(Bucket=bucket, Key=key)
    return {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": stored["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {
                "key": key,
                "size": stored["ContentLength"],
                "etag": stored["ETag"].strip('"'),
                "version-id": stored["VersionId"],
            },
        },
    }


def _newest_record(chain: Chain) -> dict[str, str]:
    """The stream's newest record, as Lambda's dead letter names it."""
    streams = chain.stage.client("dynamodbstreams")
    table = chain.stage.client("dynamodb").describe_table(
        TableName=chain.stage.outputs["PhotosTable"]
    )["Table"]
    arn = table["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    number = streams.get_records(ShardIterator=iterator)["Records"][-1]["dynamodb"][
        "SequenceNumber"
    ]
    return {
        "shardId": shard,
        "streamArn": arn,
        "startSequenceNumber": number,
        "endSequenceNumber": number,
    }
