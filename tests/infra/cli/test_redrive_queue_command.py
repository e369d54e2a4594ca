"""`scones redrive --queue` against the real definition: every message is done, then deleted."""

import dataclasses
import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from handlers.aws.dynamodb import item_of
from handlers.aws.executions import Executions
from infra.cli import reconciliation
from infra.operations.redrive.schedules import ScheduleMessages
from infra.operations.target import Target
from tests.workflow.faulty_pipeline import FaultyPipeline, open_review
from tests.workflow.operator_commands import (
    EXIT_OK,
    EXIT_UNREPAIRED,
    EXIT_USAGE_ERROR,
    OLDER_THAN_0_MINUTES,
    outputs_of,
    run_command,
    run_json_command,
    throttled_at,
    upload_failed,
)

URLS = ("IntakeDeadLettersUrl", "ChangesDeadLettersUrl", "ScheduleDeadLettersUrl")
REVIEW = "ReviewDeadLettersUrl"
LABELS = "labels"


@dataclasses.dataclass
class DeadLetterQueues:
    """The queues of dead letters, by the output with their URL."""

    urls: dict[str, str]

    def send(self, output: str, body: object, **attributes: str) -> None:
        boto3.client("sqs").send_message(
            QueueUrl=self.urls[output],
            MessageBody=body if isinstance(body, str) else json.dumps(body),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )

    def depth(self, output: str) -> int:
        attributes = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self.urls[output], AttributeNames=["All"]
        )["Attributes"]
        return sum(int(attributes[name]) for name in attributes if "NumberOfMessages" in name)


@pytest.fixture
def queues(
    pipeline: FaultyPipeline, operated: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DeadLetterQueues]:
    """The pipeline is the target of the command, with its dead-letter queues."""
    del operated
    sqs, labels = boto3.client("sqs"), boto3.resource("s3").create_bucket(Bucket=LABELS)
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in (*URLS, REVIEW)}
    urls |= {
        "FailuresQueueUrl": pipeline.workflow.failures_queue_url,
        "ReviewQueueUrl": pipeline.workflow.review_queue_url,
    }
    functions = {"SweeperFunction": "sweeper", "ReportFunction": "report"}
    more = {**urls, **functions, "LabelsBucket": LABELS, "EventBusName": "default"}
    outputs = {**outputs_of(pipeline.workflow), **more}
    system = Target(session=boto3.Session(), outputs=outputs, stage="test")
    monkeypatch.setattr(reconciliation, "target", lambda _stack: system)
    yield DeadLetterQueues(urls)
    for name in (*URLS, REVIEW):
        sqs.delete_queue(QueueUrl=urls[name])
    labels.objects.delete()
    labels.delete()


def actions(queue: str, *options: str) -> list[tuple[str, bool]]:
    """Run the command; return action and deletion of each message."""
    results = run_json_command("redrive", "--queue", queue, *options)
    return sorted((result["action"], result["deleted"]) for result in results)


def test_failed_photos_are_started_and_their_messages_deleted(
    pipeline: FaultyPipeline, queues: DeadLetterQueues
) -> None:
    photos = [upload_failed(pipeline, f"intake/d{number}/f.jpg") for number in range(2)]
    assert actions("failures", "--dry-run") == [("start", False)] * 2
    assert queues.depth("FailuresQueueUrl") == 2
    assert actions("failures") == [("start", True)] * 2
    pipeline.wait_for_executions()
    assert {pipeline.photo(photo)["status"] for photo in photos} == {"assigned"}
    assert queues.depth("FailuresQueueUrl") == 0
    assert actions("failures") == []
    assert {pipeline.photo(photo)["attempt"] for photo in photos} == {2}


def test_a_redrive_of_photos_empties_the_failures_queue(
    pipeline: FaultyPipeline, queues: DeadLetterQueues
) -> None:
    upload_failed(pipeline, "intake/d1/f.jpg")
    assert "1 message(s) deleted" in run_command("redrive", "--all-failed").stdout
    pipeline.wait_for_executions()
    assert queues.depth("FailuresQueueUrl") == 0


def test_the_message_of_a_photo_that_was_not_started_stays(
    pipeline: FaultyPipeline, queues: DeadLetterQueues
) -> None:
    first, _ = (upload_failed(pipeline, f"intake/d{number}/f.jpg") for number in range(2))
    assert run_command("redrive", first).exit_code == EXIT_OK
    pipeline.wait_for_executions()
    assert queues.depth("FailuresQueueUrl") == 1


def test_of_a_photo_that_failed_again_only_the_newest_message_stays(
    pipeline: FaultyPipeline, queues: DeadLetterQueues
) -> None:
    photo = upload_failed(pipeline, "intake/d1/f.jpg")
    old = {"photo_id": photo, "attempt": 1}
    pipeline.overwrite(photo, attempt=2)
    queues.send("FailuresQueueUrl", {"photo_id": photo, "attempt": 2})
    assert pipeline.photo(photo)["status"] == "failed"
    run_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES)
    assert queues.depth("FailuresQueueUrl") == 1
    queues.send("FailuresQueueUrl", old)
    assert actions("failures") == [("discard", True), ("start", True)]


def test_repair_deletes_messages_of_photos_that_have_not_failed(
    pipeline: FaultyPipeline, queues: DeadLetterQueues
) -> None:
    photo = upload_failed(pipeline, "intake/d1/f.jpg")
    pipeline.overwrite(photo, status="rejected")
    assert run_json_command("reconcile", *OLDER_THAN_0_MINUTES)["messages_deleted"] == 0
    assert queues.depth("FailuresQueueUrl") == 1
    repaired = run_json_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES)
    assert repaired["messages_deleted"] == 1
    assert queues.depth("FailuresQueueUrl") == 0


def test_an_event_that_started_nothing_starts_its_photo(
    pipeline: FaultyPipeline, queues: DeadLetterQueues
) -> None:
    event = pipeline.upload("intake/d1/lost ü.jpg", event=False)
    foreign = json.loads(json.dumps(event))
    foreign["detail"]["bucket"]["name"] = "another"
    for body in (event, foreign, "no JSON", {"detail": {"object": 1, "bucket": {"name": 2}}}):
        queues.send("IntakeDeadLettersUrl", body, ERROR_CODE="THROTTLING")
    assert actions("intake") == [("keep", False)] * 3 + [("start", True)]
    pipeline.wait_for_executions()
    (row,) = pipeline.workflow.photos()
    assert (row["key"], row["status"]) == ("intake/d1/lost ü.jpg", "assigned")
    queues.send("IntakeDeadLettersUrl", event)
    assert ("discard", True) in actions("intake")
    assert actions("intake", "--drop") == [("keep", True)] * 3
    assert queues.depth("IntakeDeadLettersUrl") == 0
    assert len(pipeline.workflow.photos()) == 1


def test_a_refused_start_keeps_its_message_and_the_others_go_on(
    pipeline: FaultyPipeline, queues: DeadLetterQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        event = pipeline.upload(f"intake/d{number}/lost.jpg", event=False)
        queues.send("IntakeDeadLettersUrl", event)
    with monkeypatch.context() as patched:
        patched.setattr(Executions, "start", throttled_at(Executions.start, call=1))
        result = run_command("redrive", "--queue", "intake")
    assert result.exit_code == EXIT_UNREPAIRED
    assert "ThrottlingException" in result.stdout
    assert "1 message(s) left" in result.stdout
    assert actions("intake") == [("start", True)]
    pipeline.wait_for_executions()
    assert len(pipeline.workflow.photos()) == 2


def test_a_review_message_is_composed_again_from_the_ledger(
    pipeline: FaultyPipeline, queues: DeadLetterQueues
) -> None:
    open_photo = open_review(pipeline, "intake/d1/r.jpg")
    decided = open_review(pipeline, "intake/d2/r.jpg")
    pipeline.overwrite(decided, review="done")
    before = queues.depth("ReviewQueueUrl")
    for body in (f'{{"photo_id": "{open_photo}", truncated', {"photo_id": decided}, "nothing"):
        queues.send(REVIEW, body)
    assert actions("review") == [("discard", True), ("keep", False), ("send", True)]
    assert queues.depth("ReviewQueueUrl") == before + 1
    assert pipeline.photo(open_photo)["reminded_at"]
    # A person sees the message that stays.
    assert "nothing" in run_command("redrive", "--queue", "review").stdout


def test_changes_are_published_from_the_stream_again(
    pipeline: FaultyPipeline, queues: DeadLetterQueues
) -> None:
    del pipeline
    dynamodb = boto3.client("dynamodb")
    arn = dynamodb.create_table(
        TableName="with-stream",
        KeySchema=[{"AttributeName": "photo_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "photo_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]["LatestStreamArn"]
    for photo in ("a", "b", "c"):
        dynamodb.put_item(TableName="with-stream", Item=item_of(_decided(photo * 64)))
    streams = boto3.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    numbers = [
        record["dynamodb"]["SequenceNumber"]
        for record in streams.get_records(ShardIterator=iterator)["Records"]
    ]
    batch = {
        "shardId": shard,
        "streamArn": arn,
        "startSequenceNumber": numbers[1],
        "endSequenceNumber": numbers[1],
    }
    for _ in range(2):
        queues.send("ChangesDeadLettersUrl", {"DDBStreamBatchInfo": batch})
    queues.send(
        "ChangesDeadLettersUrl",
        {"DDBStreamBatchInfo": batch | {"streamArn": arn.replace("with-stream", "deleted")}},
    )
    queues.send("ChangesDeadLettersUrl", {"another": "document"})
    assert actions("changes") == [("keep", False)] * 2 + [("publish", True)] * 2
    assert [label.key for label in boto3.resource("s3").Bucket(LABELS).objects.all()] == [
        f"labels/2026/11/22/18/{'b' * 64}-000001.jsonl"
    ]
    dynamodb.delete_table(TableName="with-stream")


def test_a_row_that_was_repaired_is_published_from_the_ledger(
    pipeline: FaultyPipeline, queues: DeadLetterQueues
) -> None:
    """The stream's function puts a change aside whose row cannot be read."""
    photos = pipeline.workflow.dynamodb.Table("photos")
    queues.send("ChangesDeadLettersUrl", {"photo_id": "d" * 64, "error": "InvalidRecord()"})
    photos.put_item(Item={**_decided("d" * 64), "decision_seq": "one"})
    assert actions("changes") == [("keep", False)]
    photos.put_item(Item=_decided("d" * 64))
    assert actions("changes") == [("publish", True)]
    assert [label.key for label in boto3.resource("s3").Bucket(LABELS).objects.all()] == [
        f"labels/2026/11/22/18/{'d' * 64}-000001.jsonl"
    ]
    assert actions("changes") == []


def _decided(photo_id: str) -> dict[str, Any]:
    """A row with one verdict, as a review transaction writes it."""
    state = {"status": "rejected", "review": "done", "reason": "no_vehicle"}
    return {
        "photo_id": photo_id,
        "bucket": "intake",
        "key": "intake/anna/u.jpg",
        "version_id": "v",
        "etag": "e",
        "size_bytes": 1,
        "attempt": 1,
        "uploaded_at": "2026-11-22T18:00:00Z",
        "received_at": "2026-11-22T18:00:00.000Z",
        "updated_at": "2026-11-22T18:05:00.000Z",
        "decision_seq": 1,
        "decisions": [
            {
                "seq": 1,
                "kind": "verdict",
                "verdict": "neither",
                "reason": "no_vehicle",
                "decided_by": "rita",
                "decided_at": "2026-11-22T18:05:00.000Z",
                "before": {"status": "in_review", "review": "open"},
                "after": state,
            }
        ],
        **state,
    }


class FunctionsDouble:
    """Lambda, with functions that end with an error until they are repaired."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.fails: set[str] = set()

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 # boto3's names
        self.calls.append((FunctionName, Payload.decode()))
        error = {"FunctionError": "Unhandled"} if FunctionName in self.fails else {}
        return {**error, "Payload": io.BytesIO(b'{"errorType": "Broken"}')}


def test_a_scheduled_call_is_made_again_once_for_each_event(
    queues: DeadLetterQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions = FunctionsDouble()
    make = ScheduleMessages

    def with_double(**names: Any) -> ScheduleMessages:
        return make(**{**names, "client": functions})

    monkeypatch.setattr("infra.operations.redrive.redrive_queue.ScheduleMessages", with_double)
    report = {"scheduled_at": "2026-11-22T05:15:00Z"}
    arn = "arn:aws:lambda:us-east-1:123456789012:function:sweeper"
    queues.send("ScheduleDeadLettersUrl", {}, TARGET_ARN=arn)
    queues.send("ScheduleDeadLettersUrl", {})
    queues.send("ScheduleDeadLettersUrl", report)
    queues.send("ScheduleDeadLettersUrl", {"another": "event"})
    functions.fails = {"report"}
    assert actions("schedules") == [("keep", False)] * 2 + [("run", True)] * 2
    assert functions.calls.count(("sweeper", "{}")) == 1
    functions.fails = set()
    functions.calls.clear()
    assert actions("schedules", "--drop") == [("keep", True), ("run", True)]
    assert functions.calls == [("report", json.dumps(report))]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--queue", "failures", "--all-failed"), "give photos, or --all-failed, or --queue"),
        (("--all-failed", "--drop"), "--drop and --dry-run go with --queue"),
        (("--queue", "unknown"), "unknown"),
    ],
)
@pytest.mark.usefixtures("queues")
def test_wrong_input_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    refused = run_command("redrive", *arguments)
    assert refused.exit_code == EXIT_USAGE_ERROR
    assert sentence in " ".join(refused.stderr.replace("│", " ").split())
