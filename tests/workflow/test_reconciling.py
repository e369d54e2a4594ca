"""Reconcile and redrive as functions: every violation is repaired, and only once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from monitoring.reconciliation.reconcile import reconcile
from monitoring.reconciliation.redrive import failed_since, redrive
from monitoring.reconciliation.repair_plan import RepairDeadlines
from tests.workflow.faulty_pipeline import (
    FaultyPipeline,
    review_without_message,
)


def test_reconcile_repairs_a_review_without_a_message(pipeline: FaultyPipeline) -> None:
    photo = review_without_message(pipeline)
    pipeline.upload("intake/d9/fine.jpg")
    session, executor = boto3.Session(), pipeline.executor()
    result = reconcile(
        session, pipeline.places(), read_queues=True, deadlines=_AT_ONCE, executor=None
    )
    assert [(repair.rule, repair.photo_id) for repair in result.repairs] == [
        ("review_without_message", photo)
    ]
    assert not result.is_clean
    repaired = reconcile(
        session, pipeline.places(), read_queues=True, deadlines=_AT_ONCE, executor=executor
    )
    assert repaired.is_clean
    assert pipeline.check_conservation().conserved


_AT_ONCE = RepairDeadlines(event=timedelta(0), execution=timedelta(0), start=timedelta(0))


def test_reconcile_sends_the_missing_message_of_a_failed_photo(
    pipeline: FaultyPipeline,
) -> None:
    pipeline.workflow.steps["serialize"] = [_fail]
    pipeline.upload("intake/d1/f.jpg")
    boto3.client("sqs").purge_queue(QueueUrl=pipeline.workflow.failures_queue_url)
    result = reconcile(
        boto3.Session(),
        pipeline.places(),
        read_queues=True,
        deadlines=_AT_ONCE,
        executor=pipeline.executor(),
    )
    assert dict(result.repaired) == {"send_failure": 1}
    assert [message["error"]["Error"] for message in pipeline.workflow.failures()] == [
        "PhotoMissing"
    ]


def test_reconcile_leaves_a_violation_that_needs_a_person(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/u.jpg")
    pipeline.overwrite(pipeline.workflow.photo()["photo_id"], status="rejected", reason="r")
    pipeline.overwrite(pipeline.workflow.photo()["photo_id"], message="m", vehicle=None)
    result = reconcile(
        boto3.Session(),
        pipeline.places(),
        read_queues=False,
        deadlines=_AT_ONCE,
        executor=pipeline.executor(),
    )
    assert [violation.rule for violation in result.unrepairable] == ["assignment_without_decision"]
    assert not result.is_clean


def _fail(_payload: dict[str, Any]) -> dict[str, Any]:
    raise PhotoMissing("gone")


class PhotoMissing(Exception):
    """Has the name of the error that the workflow catches."""


def test_failed_photos_are_redriven_only_once(pipeline: FaultyPipeline) -> None:
    pipeline.workflow.steps["serialize"] = [_fail]
    pipeline.upload("intake/d1/f.jpg")
    (row,) = pipeline.workflow.photos()
    assert row["status"] == "failed"
    pipeline.workflow.steps["serialize"] = [_prepared]
    ledger = PhotosTable(boto3.client("dynamodb"), table="photos")
    now = datetime.now(UTC)
    rows = list(failed_since(ledger, now - timedelta(hours=1), now=now))
    first = list(redrive(rows, pipeline.executor(), now=now))
    # By a second operator who has read the same rows.
    second = list(redrive(rows, pipeline.executor(), now=now))
    pipeline.wait_for_executions()
    assert [item.outcome for item in (*first, *second)] == ["started", "overtaken"]
    repaired = pipeline.workflow.photo()
    assert (repaired["status"], repaired["attempt"]) == ("assigned", 2)
    assert not {"reason", "cause", "message"} & repaired.keys()
    assert list(failed_since(ledger, now - timedelta(hours=1), now=now)) == []


def _prepared(_payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "outcome": "prepared",
        "reason": "",
        "message": "",
        "wire_image": "aW1hZ2U=",
        "quality": {},
        "order_id": "",
        "kept_until": "1798761600",
    }


def test_the_depth_of_a_queue_counts_its_messages(pipeline: FaultyPipeline) -> None:
    queue = Queue(boto3.client("sqs"), url=pipeline.workflow.review_queue_url)
    queue.send({"photo_id": "p"})
    assert queue.depth() == 1
