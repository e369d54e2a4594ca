"""What `scones reconcile` finds: what is broken or cannot be read, and not what is in hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from infra.cli import reconciliation
from infra.operations.target import Target
from tests.workflow.damaged_inventory import NOTES, World, an_open_review
from tests.workflow.operators import (
    LEFT,
    NOW,
    call,
    document,
    outputs_of,
)

pytestmark = pytest.mark.usefixtures("operated")


def rules(found: Any) -> list[str]:
    return [each["rule"] for each in (*found["repairs"], *found["unrepairable"])]


def test_a_row_that_is_no_record_is_named_and_the_others_are_mended(world: World) -> None:
    stuck, odd = world.stuck("intake/d1/a.jpg"), world.stuck("intake/d2/b.jpg")
    world.set(odd, etag=None)
    found = document("reconcile", *NOW)
    assert rules(found) == ["stuck", "malformed_row"]
    assert [each["photo_id"] for each in found["unrepairable"]] == [odd]
    assert (found["totals"]["lost"], found["totals"]["unreadable"]) == (1, 1)
    assert call("reconcile", "--repair", *NOW).exit_code == LEFT
    world.settle()
    assert world.photo(stuck)["status"] == "assigned"


@pytest.mark.parametrize(
    "nonsense",
    [
        {"updated_at": "soon"},
        {"key": 7},
        {"decisions": ["none"], "decision_seq": 1},
        {"classification": {"probabilities": ["many"]}},
    ],
)
def test_whatever_a_row_holds_it_is_one_finding(world: World, nonsense: dict[str, Any]) -> None:
    world.upload("intake/d1/u.jpg")
    (row,) = world.machine.photos()
    world.set(row["photo_id"], decided_by="model", **nonsense)
    found = call("reconcile", *NOW)
    assert found.exit_code == LEFT
    assert "malformed_row" in found.stdout
    assert row["photo_id"][:12] in found.stdout


@pytest.mark.parametrize("body", ["not json", '{"hello": 1}', "[]", '{"photo_id": 5}'])
def test_a_message_that_names_no_photo_is_a_finding_and_stays_where_it_is(
    world: World, body: str
) -> None:
    world.upload("intake/d1/u.jpg")
    sqs = boto3.client("sqs")
    for url in (world.machine.review_queue_url, world.machine.failures_queue_url):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    found = document("reconcile", "--queues", *NOW)
    assert rules(found) == ["malformed_message", "malformed_message"]
    assert {each["detail"].split(" names")[0] for each in found["unrepairable"]} == {
        "a message among the reviews",
        "a message among the failures",
    }
    messages = sqs.receive_message(QueueUrl=world.machine.review_queue_url)["Messages"]
    assert [each["Body"] for each in messages] == [body]


def test_a_stranger_among_the_labels_is_a_finding(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.upload("intake/d1/u.jpg")
    boto3.client("s3").put_object(Bucket=NOTES, Key="labels/readme.txt", Body=b"x")
    outputs = {**outputs_of(world.machine), "LabelsBucket": NOTES}
    system = Target(session=boto3.Session(), outputs=outputs, stage="test")
    monkeypatch.setattr(reconciliation, "target", lambda _stack: system)
    found = document("reconcile", *NOW)
    assert rules(found) == ["malformed_label"]
    assert "labels/readme.txt" in found["unrepairable"][0]["detail"]


def test_a_photo_in_a_reviewers_hands_is_where_it_should_be(world: World) -> None:
    photo = an_open_review(world, "intake/d1/r.jpg")
    taken = boto3.client("sqs").receive_message(QueueUrl=world.machine.review_queue_url)
    assert len(taken["Messages"]) == 1
    until = datetime.now(UTC) + timedelta(minutes=2)
    world.set(photo, lease_owner="rita", lease_until=until.isoformat())
    found = document("reconcile", "--queues", *NOW)
    assert (found["clean"], rules(found)) == (True, [])


def test_a_message_that_may_still_come_is_waited_for(world: World) -> None:
    an_open_review(world, "intake/d1/r.jpg")
    boto3.client("sqs").purge_queue(QueueUrl=world.machine.review_queue_url)
    assert document("reconcile", "--queues")["clean"]
    assert rules(document("reconcile", "--queues", *NOW)) == ["review_without_message"]


def test_idle_reviews_whose_messages_wait_are_no_finding(world: World) -> None:
    photo = an_open_review(world, "intake/d1/r.jpg")
    world.set(photo, **dict.fromkeys(("enqueued_at", "updated_at"), "2026-11-01T00:00:00Z"))
    assert document("reconcile", *NOW)["clean"]
    boto3.client("sqs").purge_queue(QueueUrl=world.machine.review_queue_url)
    assert rules(document("reconcile", *NOW)) == ["review_without_activity"]
