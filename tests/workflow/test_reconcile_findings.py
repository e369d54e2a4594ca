"""The findings of `scones reconcile`: violations and malformed data, not photos in progress."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from infra.cli import reconciliation
from infra.operations.target import Target
from tests.workflow.faulty_pipeline import REPORTS_BUCKET, FaultyPipeline, open_review
from tests.workflow.operator_commands import (
    EXIT_UNREPAIRED,
    OLDER_THAN_0_MINUTES,
    outputs_of,
    run_command,
    run_json_command,
)

pytestmark = pytest.mark.usefixtures("operated")


def rules(report: Any) -> list[str]:
    return [finding["rule"] for finding in (*report["repairs"], *report["unrepairable"])]


def test_a_malformed_row_is_named_and_the_others_are_repaired(
    pipeline: FaultyPipeline,
) -> None:
    stuck = pipeline.upload_stuck("intake/d1/a.jpg")
    malformed = pipeline.upload_stuck("intake/d2/b.jpg")
    pipeline.overwrite(malformed, etag=None)
    report = run_json_command("reconcile", *OLDER_THAN_0_MINUTES)
    assert rules(report) == ["stuck", "malformed_row"]
    assert [finding["photo_id"] for finding in report["unrepairable"]] == [malformed]
    assert (report["totals"]["lost"], report["totals"]["unreadable"]) == (1, 1)
    assert run_command("reconcile", "--repair", *OLDER_THAN_0_MINUTES).exit_code == EXIT_UNREPAIRED
    pipeline.wait_for_executions()
    assert pipeline.photo(stuck)["status"] == "assigned"


@pytest.mark.parametrize(
    "nonsense",
    [
        {"updated_at": "soon"},
        {"key": 7},
        {"decisions": ["none"], "decision_seq": 1},
        {"classification": {"probabilities": ["many"]}},
    ],
)
def test_a_row_with_any_malformed_attribute_is_one_finding(
    pipeline: FaultyPipeline, nonsense: dict[str, Any]
) -> None:
    pipeline.upload("intake/d1/u.jpg")
    (row,) = pipeline.workflow.photos()
    pipeline.overwrite(row["photo_id"], decided_by="model", **nonsense)
    result = run_command("reconcile", *OLDER_THAN_0_MINUTES)
    assert result.exit_code == EXIT_UNREPAIRED
    assert "malformed_row" in result.stdout
    assert row["photo_id"][:12] in result.stdout


@pytest.mark.parametrize("body", ["not json", '{"hello": 1}', "[]", '{"photo_id": 5}'])
def test_a_message_that_names_no_photo_is_a_finding_and_stays_in_the_queue(
    pipeline: FaultyPipeline, body: str
) -> None:
    pipeline.upload("intake/d1/u.jpg")
    sqs = boto3.client("sqs")
    for url in (pipeline.workflow.review_queue_url, pipeline.workflow.failures_queue_url):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    report = run_json_command("reconcile", "--queues", *OLDER_THAN_0_MINUTES)
    assert rules(report) == ["malformed_message", "malformed_message"]
    assert {finding["detail"].split(" names")[0] for finding in report["unrepairable"]} == {
        "a message among the reviews",
        "a message among the failures",
    }
    messages = sqs.receive_message(QueueUrl=pipeline.workflow.review_queue_url)["Messages"]
    assert [message["Body"] for message in messages] == [body]


def test_an_object_that_is_not_a_label_is_a_finding(
    pipeline: FaultyPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.upload("intake/d1/u.jpg")
    boto3.client("s3").put_object(Bucket=REPORTS_BUCKET, Key="labels/readme.txt", Body=b"x")
    outputs = {**outputs_of(pipeline.workflow), "LabelsBucket": REPORTS_BUCKET}
    system = Target(session=boto3.Session(), outputs=outputs, stage="test")
    monkeypatch.setattr(reconciliation, "target", lambda _stack: system)
    report = run_json_command("reconcile", *OLDER_THAN_0_MINUTES)
    assert rules(report) == ["malformed_label"]
    assert "labels/readme.txt" in report["unrepairable"][0]["detail"]


def test_a_leased_review_is_not_a_finding(pipeline: FaultyPipeline) -> None:
    photo = open_review(pipeline, "intake/d1/r.jpg")
    response = boto3.client("sqs").receive_message(QueueUrl=pipeline.workflow.review_queue_url)
    assert len(response["Messages"]) == 1
    until = datetime.now(UTC) + timedelta(minutes=2)
    pipeline.overwrite(photo, lease_owner="rita", lease_until=until.isoformat())
    report = run_json_command("reconcile", "--queues", *OLDER_THAN_0_MINUTES)
    assert (report["clean"], rules(report)) == (True, [])


def test_a_missing_review_message_is_a_finding_only_after_its_deadline(
    pipeline: FaultyPipeline,
) -> None:
    open_review(pipeline, "intake/d1/r.jpg")
    boto3.client("sqs").purge_queue(QueueUrl=pipeline.workflow.review_queue_url)
    assert run_json_command("reconcile", "--queues")["clean"]
    assert rules(run_json_command("reconcile", "--queues", *OLDER_THAN_0_MINUTES)) == [
        "review_without_message"
    ]


def test_idle_reviews_whose_messages_wait_are_not_a_finding(pipeline: FaultyPipeline) -> None:
    photo = open_review(pipeline, "intake/d1/r.jpg")
    pipeline.overwrite(
        photo, **dict.fromkeys(("enqueued_at", "updated_at"), "2026-11-01T00:00:00Z")
    )
    assert run_json_command("reconcile", *OLDER_THAN_0_MINUTES)["clean"]
    boto3.client("sqs").purge_queue(QueueUrl=pipeline.workflow.review_queue_url)
    assert rules(run_json_command("reconcile", *OLDER_THAN_0_MINUTES)) == [
        "review_without_activity"
    ]
