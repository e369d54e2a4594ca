"""Reconcile and redrive as functions: what a survey shows is repaired, once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from handlers.aws.photos_table import PhotosTable
from handlers.aws.queue import Queue
from monitoring.reconciliation.reconcile import reconcile
from monitoring.reconciliation.redrive import failed_since, redrive
from monitoring.reconciliation.repair_plan import RepairDeadlines
from tests.workflow.damaged_inventory import (
    World,
    in_review,
)


def test_reconcile_mends_what_a_survey_shows(world: World) -> None:
    photo = in_review(world)
    world.upload("intake/d9/fine.jpg")
    session, executor = boto3.Session(), world.executor()
    found = reconcile(session, world.places(), read_queues=True, deadlines=_AT_ONCE, executor=None)
    assert [(each.rule, each.photo_id) for each in found.repairs] == [
        ("review_without_message", photo)
    ]
    assert not found.is_clean
    repaired = reconcile(
        session, world.places(), read_queues=True, deadlines=_AT_ONCE, executor=executor
    )
    assert repaired.is_clean
    assert world.verdict().conserved


_AT_ONCE = RepairDeadlines(event=timedelta(0), execution=timedelta(0), start=timedelta(0))


def test_reconcile_tells_an_operator_of_a_failure_that_nobody_heard_of(world: World) -> None:
    world.machine.steps["serialize"] = [_fail]
    world.upload("intake/d1/f.jpg")
    boto3.client("sqs").purge_queue(QueueUrl=world.machine.failures_queue_url)
    found = reconcile(
        boto3.Session(),
        world.places(),
        read_queues=True,
        deadlines=_AT_ONCE,
        executor=world.executor(),
    )
    assert dict(found.repaired) == {"send_failure": 1}
    assert [message["error"]["Error"] for message in world.machine.failures()] == ["PhotoMissing"]


def test_what_only_a_person_can_judge_is_left_to_one(world: World) -> None:
    world.upload("intake/d1/u.jpg")
    world.forget_assignment("d1")
    found = reconcile(
        boto3.Session(),
        world.places(),
        read_queues=False,
        deadlines=_AT_ONCE,
        executor=world.executor(),
    )
    assert [each.rule for each in found.unrepairable] == ["decision_not_in_force"]
    assert not found.is_clean


def _fail(_payload: dict[str, Any]) -> dict[str, Any]:
    raise PhotoMissing("gone")


class PhotoMissing(Exception):
    """By this name the workflow knows it."""


def test_failed_photos_are_driven_again_once(world: World) -> None:
    world.machine.steps["serialize"] = [_fail]
    world.upload("intake/d1/f.jpg")
    (row,) = world.machine.photos()
    assert row["status"] == "failed"
    world.machine.steps["serialize"] = [_prepared]
    ledger = PhotosTable(boto3.client("dynamodb"), table="photos")
    now = datetime.now(UTC)
    rows = list(failed_since(ledger, now - timedelta(hours=1), now=now))
    first = list(redrive(rows, world.executor(), now=now))
    second = list(redrive(rows, world.executor(), now=now))  # by somebody who saw the same
    world.settle()
    assert [each.outcome for each in (*first, *second)] == ["started", "overtaken"]
    repaired = world.machine.photo()
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
    }


def test_a_queue_can_be_measured(world: World) -> None:
    queue = Queue(boto3.client("sqs"), url=world.machine.review_queue_url)
    queue.send({"photo_id": "p"})
    assert queue.depth() == 1
