"""A message that cannot be read stops no reader of its queue, whichever attribute is spoiled.

`-s` prints the figures.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest

from handlers.aws import dead_letters
from handlers.aws.dead_letters import DeadLetterReader
from handlers.aws.object_versions import pages
from handlers.domain.ledger.messages import failure_message, review_message
from infra.operations.redrive import redrive_queue as redriving
from infra.operations.redrive.queues import QUEUES, QueueName
from infra.operations.redrive.schedules import ScheduleMessages
from infra.operations.redrive.work_off import MessageAction
from infra.operations.target import Target
from monitoring.reconciliation.messages import event_of_upload
from monitoring.reconciliation.reconcile import reconcile
from monitoring.reconciliation.redrive import clear_failures
from monitoring.reconciliation.repair_plan import RepairDeadlines
from monitoring.reconciliation.row_parser import record_of
from tests.spoilings import spoiled_texts
from tests.workflow.faulty_pipeline import BUCKET, REPORTS_BUCKET, FaultyPipeline, open_review
from tests.workflow.operator_commands import outputs_of, upload_failed

NOW = datetime.now(UTC)


@dataclasses.dataclass
class Queues:
    """The pipeline as a target, with every queue that operators work off."""

    target: Target

    def send(self, url: str, texts: list[str]) -> None:
        sqs = boto3.client("sqs")
        for start in range(0, len(texts), 10):
            entries = [
                {"Id": str(number), "MessageBody": text}
                for number, text in enumerate(texts[start : start + 10])
            ]
            sqs.send_message_batch(QueueUrl=url, Entries=cast("Any", entries))

    def redrive(self, name: QueueName, texts: list[str]) -> dict[MessageAction, int]:
        """Work the messages off; return how many became what."""
        self.send(self.target.output(QUEUES[name].output), texts)
        results = list(
            redriving.redrive_queue(self.target, name, now=NOW, dry_run=False, drop=False)
        )
        assert len(results) == len(texts)
        counts = dict.fromkeys(MessageAction, 0)
        for result in results:
            counts[result.action] += 1
        return counts


@pytest.fixture
def queues(pipeline: FaultyPipeline, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queues]:
    sqs = boto3.client("sqs")
    urls = {
        queue.output: sqs.create_queue(QueueName=queue.output)["QueueUrl"]
        for queue in QUEUES.values()
    }
    names = {"LabelsBucket": REPORTS_BUCKET, "EventBusName": "default"}
    names |= {"SweeperFunction": "sweeper", "ReportFunction": "report"}
    monkeypatch.setattr(dead_letters, "_WAIT_S", 0)
    outputs = {**names, **outputs_of(pipeline.workflow), **urls}
    yield Queues(Target(session=boto3.Session(), outputs=outputs, stage="test"))
    for url in urls.values():
        sqs.delete_queue(QueueUrl=url)


def test_spoiled_failures_stop_no_reader(pipeline: FaultyPipeline, queues: Queues) -> None:
    row = record_of(pipeline.photo(upload_failed(pipeline, "intake/d1/f.jpg")))
    sound = failure_message(row, attempt=1, execution_arn="x", error="x", cause="x")
    texts = [*spoiled_texts(sound)]
    sqs, url = boto3.client("sqs"), queues.target.output("FailuresQueueUrl")
    queues.send(url, texts)
    settled = clear_failures(DeadLetterReader(sqs, url=url), pipeline.executor().ledger)
    sqs.purge_queue(QueueUrl=url)
    counts = queues.redrive(QueueName.FAILURES, [*texts, json.dumps(sound)])
    pipeline.wait_for_executions()
    print(f"{len(texts)} spoiled failures, 2 readers, 0 stopped")  # noqa: T201 # the figures
    assert settled < len(texts)
    assert (counts[MessageAction.START], counts[MessageAction.KEEP] > 0) == (1, True)
    assert pipeline.photo(row.photo_id)["attempt"] == 2


def test_spoiled_review_messages_stop_no_redrive(pipeline: FaultyPipeline, queues: Queues) -> None:
    row = record_of(pipeline.photo(open_review(pipeline, "intake/d1/r.jpg")))
    sound = review_message(row, reason="low_confidence", received_at=row.received_at)
    texts = [*spoiled_texts(sound)]
    counts = queues.redrive(QueueName.REVIEW, [*texts, json.dumps(sound)])
    print(f"{len(texts)} spoiled review messages, 0 stopped")  # noqa: T201 # the figures
    assert counts[MessageAction.SEND] > 0 < counts[MessageAction.KEEP]


def test_spoiled_events_stop_no_redrive(pipeline: FaultyPipeline, queues: Queues) -> None:
    pipeline.upload("intake/d1/e.jpg", event=False)
    (upload,) = (
        upload for uploads, _ in pages(boto3.client("s3"), bucket=BUCKET) for upload in uploads
    )
    sound = event_of_upload(upload)
    texts = [*spoiled_texts(sound)]
    counts = queues.redrive(QueueName.INTAKE, texts)
    pipeline.wait_for_executions()
    print(f"{len(texts)} spoiled events, 0 stopped")  # noqa: T201 # the figures
    assert counts[MessageAction.KEEP] > 0


def _end_well(**_call: object) -> dict[str, Any]:
    """Stand in for a function that is called."""
    return {}


def test_spoiled_changes_and_calls_stop_no_redrive(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = {
        "shardId": "s",
        "streamArn": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s",
    }
    batch |= {"startSequenceNumber": "1", "endSequenceNumber": "2"}
    changes = [*spoiled_texts({"DDBStreamBatchInfo": batch})]
    assert queues.redrive(QueueName.CHANGES, changes)[MessageAction.PUBLISH] == 0
    monkeypatch.setattr(
        redriving,
        "ScheduleMessages",
        lambda **given: ScheduleMessages(**given | {"client": SimpleNamespace(invoke=_end_well)}),
    )
    calls = [*spoiled_texts({"scheduled_at": "2026-11-22T05:15:00Z"})]
    counts = queues.redrive(QueueName.SCHEDULES, calls)
    print(f"{len(changes)} spoiled changes, {len(calls)} calls, 0 stopped")  # noqa: T201 # the figures
    assert counts[MessageAction.RUN] > 0 < counts[MessageAction.KEEP]


def test_spoiled_messages_stop_no_reconciliation(pipeline: FaultyPipeline, queues: Queues) -> None:
    row = record_of(pipeline.photo(open_review(pipeline, "intake/d1/r.jpg")))
    review = review_message(row, reason="low_confidence", received_at=row.received_at)
    failure = failure_message(row, attempt=1, execution_arn="x", error="x", cause="x")
    texts = {
        "ReviewQueueUrl": [*spoiled_texts(review)],
        "FailuresQueueUrl": [*spoiled_texts(failure)],
    }
    for output, spoiled in texts.items():
        queues.send(queues.target.output(output), spoiled)
    result = reconcile(
        queues.target.session,
        queues.target.places,
        read_queues=True,
        deadlines=RepairDeadlines(),
        executor=None,
    )
    number = sum(map(len, texts.values()))
    malformed = Counter(violation.rule for violation in result.violations)["malformed_message"]
    print(f"{number} spoiled messages, {malformed} named, 0 stopped")  # noqa: T201 # the figures
    assert result.totals["in_review"] == 1
    assert malformed > 0
