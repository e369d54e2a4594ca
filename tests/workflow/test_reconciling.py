"""Reconcile and redrive as functions: what a survey shows is mended, once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from handlers.aws.ledger import PhotosTable
from handlers.aws.queues import Queue
from monitoring.reconcile import reconcile
from monitoring.redrive import failed_since, redrive
from monitoring.repairs import Patience
from tests.workflow.broken_world import (
    World,
    broken_world,
    in_review,
)
from tests.workflow.conftest import Machine

_LONG_AGO = "2026-11-01T00:00:00+00:00"


@pytest.fixture
def world(machine: Machine) -> Iterator[World]:
    with broken_world(machine) as made:
        yield made


def test_reconcile_mends_what_a_survey_shows(world: World) -> None:
    photo = in_review(world)
    world.upload("intake/d9/fine.jpg")
    session, mender = boto3.Session(), world.mender()
    found = reconcile(session, world.places(), read_queues=True, patience=_AT_ONCE, mender=None)
    assert [(each.rule, each.photo_id) for each in found.repairs] == [
        ("review_without_message", photo)
    ]
    assert not found.is_clean
    mended = reconcile(session, world.places(), read_queues=True, patience=_AT_ONCE, mender=mender)
    assert mended.is_clean
    assert world.verdict().conserved


_AT_ONCE = Patience(event=timedelta(0), execution=timedelta(0), start=timedelta(0))


def test_reconcile_tells_an_operator_of_a_failure_that_nobody_heard_of(world: World) -> None:
    world.machine.steps["serialize"] = [_fail]
    world.upload("intake/d1/f.jpg")
    boto3.client("sqs").purge_queue(QueueUrl=world.machine.failures_queue_url)
    found = reconcile(
        boto3.Session(),
        world.places(),
        read_queues=True,
        patience=_AT_ONCE,
        mender=world.mender(),
    )
    assert dict(found.mended) == {"send_failure": 1}
    assert [message["error"]["Error"] for message in world.machine.failures()] == ["PhotoMissing"]


def test_what_only_a_person_can_judge_is_left_to_one(world: World) -> None:
    world.upload("intake/d1/u.jpg")
    world.forget_assignment("d1")
    found = reconcile(
        boto3.Session(),
        world.places(),
        read_queues=False,
        patience=_AT_ONCE,
        mender=world.mender(),
    )
    assert [each.rule for each in found.beyond_repair] == ["decision_not_in_force"]
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
    first = list(redrive(rows, world.mender(), now=now))
    second = list(redrive(rows, world.mender(), now=now))  # by somebody who saw the same
    world.settle()
    assert [each.outcome for each in (*first, *second)] == ["started", "overtaken"]
    mended = world.machine.photo()
    assert (mended["status"], mended["attempt"]) == ("assigned", 2)
    assert not {"reason", "cause", "message"} & mended.keys()
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
