"""The sweeper against the real definition: broken worlds are mended, whoever else sweeps."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from handlers.aws.executions import Executions
from handlers.aws.ledger import PhotoLedger
from handlers.aws.object_versions import PageMark
from handlers.aws.queues import Queue
from handlers.domain.object_versions import ObjectVersion
from monitoring.mend import ENDED_TOO_OFTEN, Mender
from monitoring.reconcile import reconcile
from monitoring.redrive import failed_since, redrive
from monitoring.repairs import Patience
from monitoring.sweep import Bounds
from tests.workflow.broken_world import (
    BUCKET,
    CLASSIFIED,
    NOTES,
    PATIENCE,
    World,
    always,
    broken_world,
    later,
)
from tests.workflow.conftest import Machine, a_decision

_LONG_AGO = "2026-11-01T00:00:00+00:00"


@pytest.fixture
def world(machine: Machine) -> Iterator[World]:
    with broken_world(machine) as made:
        yield made


def test_a_sound_world_is_left_alone(world: World) -> None:
    world.upload("intake/d1/u1.jpg")
    before = world.machine.photos()
    done = world.sweep()
    assert (done.found, done.mended.total()) == ([], 0)
    assert world.machine.photos() == before


@pytest.mark.parametrize("key", ["intake/d1/lost.jpg", "intake/d1/ü \"'{}+%.jpg", "intake/nobody"])
def test_an_event_that_never_came_is_made_up_for(world: World, key: str) -> None:
    world.upload(key, event=False)
    assert [each.rule for each in world.sweep().found] == ["lost"]
    assert world.verdict().totals["received"] == 1
    assert world.verdict().totals["lost"] == 0


def test_an_event_that_may_still_come_is_waited_for(world: World) -> None:
    world.upload("intake/d1/young.jpg", event=False)
    assert world.sweep(now=datetime.now(UTC)).found == []


def test_the_event_that_comes_after_all_is_a_duplicate(world: World) -> None:
    event = world.upload("intake/d1/late.jpg", event=False)
    world.sweep()
    before = world.machine.photos()
    assert world.machine.run(event).states[-1] == "Duplicate"
    assert world.machine.photos() == before


@pytest.mark.parametrize("status", ["received", "requeued"])
def test_a_stuck_photo_is_taken_over(world: World, status: str) -> None:
    photo = world.stuck("intake/d1/stuck.jpg", status=status)
    world.sweep()
    row = world.photo(photo)
    assert (row["status"], row["attempt"]) == ("assigned", 2)
    assert world.verdict().conserved


def test_a_photo_that_is_being_worked_on_is_not_taken_over(world: World) -> None:
    photo = world.stuck("intake/d1/slow.jpg")
    world.sweep(now=datetime.now(UTC) + PATIENCE.execution - timedelta(minutes=1))
    assert world.photo(photo)["attempt"] == 1


def test_a_dry_round_changes_nothing(world: World) -> None:
    world.stuck("intake/d1/stuck.jpg")
    world.upload("intake/d2/lost.jpg", event=False)
    before = world.machine.photos()
    done = world.sweep(dry=True)
    assert sorted(each.rule for each in done.found) == ["lost", "stuck"]
    assert world.machine.photos() == before
    assert boto3.client("s3").list_objects_v2(Bucket=NOTES)["KeyCount"] == 0


def test_a_photo_that_dies_again_and_again_ends_as_a_failure_that_somebody_hears_of(
    world: World,
) -> None:
    photo = world.stuck("intake/d1/deadly.jpg", attempt=PATIENCE.attempts)
    world.sweep()
    row = world.photo(photo)
    assert (row["status"], row["reason"]) == ("failed", ENDED_TOO_OFTEN)
    assert "pending" not in row
    assert [message["photo_id"] for message in world.machine.failures()] == [photo]


def test_a_start_that_fails_after_the_requeue_is_made_up_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = world.stuck("intake/d1/stuck.jpg")

    def refuse(*_: object, **__: object) -> str:
        raise boto3.client("stepfunctions").exceptions.ExecutionLimitExceeded({}, "StartExecution")

    with monkeypatch.context() as patch:
        patch.setattr(Executions, "start", refuse)
        done = world.sweep()
    assert len(done.refused) == 1
    assert (world.photo(photo)["status"], world.photo(photo)["attempt"]) == ("requeued", 2)
    world.sweep(now=later(3))
    assert (world.photo(photo)["status"], world.photo(photo)["attempt"]) == ("assigned", 3)


def in_review(world: World, key: str = "intake/d1/r.jpg") -> str:
    """An open review whose message is gone."""
    photo = an_open_review(world, key)
    boto3.client("sqs").purge_queue(QueueUrl=world.machine.review_queue_url)
    return photo


def an_open_review(world: World, key: str) -> str:
    world.machine.steps["filter"] = [always(a_decision("review", "no_vehicle", **CLASSIFIED))]
    world.upload(key)
    (row,) = (row for row in world.machine.photos() if row["key"] == key)
    photo_id: str = row["photo_id"]
    return photo_id


def test_a_review_whose_message_was_never_sent_gets_one(world: World) -> None:
    photo = in_review(world)
    world.set(photo, enqueued_at=None)
    world.sweep()
    (message,) = world.machine.reviews()
    assert (message["photo_id"], message["reason"]) == (photo, "no_vehicle")
    assert message["photo"]["driver_id"] == "d1"
    assert world.photo(photo)["enqueued_at"]


def test_a_review_that_nobody_touched_for_a_day_gets_another_message(world: World) -> None:
    photo = in_review(world)
    assert world.sweep(now=later(23)).mended.total() == 0
    world.sweep(now=later(25))
    assert [message["photo_id"] for message in world.machine.reviews()] == [photo]
    assert world.sweep(now=later(26)).mended.total() == 0


def test_a_reminder_does_not_change_when_the_review_began(world: World) -> None:
    """How long reviews take is measured from there."""
    photo = in_review(world)
    began = world.photo(photo)["enqueued_at"]
    (reminder,) = world.sweep(now=later(25)).found
    assert reminder.rule == "review_without_activity"
    row = world.photo(photo)
    assert row["enqueued_at"] == began < row["reminded_at"]


def test_nobody_is_reminded_of_what_still_lies_in_the_queue(world: World) -> None:
    """An idle weekend: three reviews, three messages, whenever the sweeper comes by."""
    for number in range(3):
        an_open_review(world, f"intake/d{number}/r.jpg")
    queue = world.mender().reviews
    for hours in range(24, 53, 4):
        done = world.sweep(now=later(hours))
        assert (done.found, done.looked_at["reviews"]) == ([], 3)
    assert queue.depth() == 3


def test_where_a_message_is_missing_every_idle_review_gets_one(world: World) -> None:
    """Nobody knows whose it was; those that are too many are dropped when they are drained."""
    photos = [in_review(world), an_open_review(world, "intake/d2/r.jpg")]
    assert {each.photo_id for each in world.sweep(now=later(25)).found} == set(photos)
    assert world.sweep(now=later(50)).found == []


def test_a_review_that_somebody_has_in_hand_is_left_alone(world: World) -> None:
    photo = in_review(world)
    world.set(photo, lease_until=later(26).isoformat())
    assert world.sweep(now=later(25)).found == []


def test_a_review_that_was_done_meanwhile_is_not_marked(world: World) -> None:
    photo = in_review(world)
    (seen,) = world.sweep(now=later(25), dry=True).found
    world.set(photo, review="done")
    assert not world.mender().mend(seen, now=later(25))


def test_a_round_goes_on_where_the_last_one_ended(world: World) -> None:
    world.bounds = Bounds(versions=2)
    lost = [_an_upload(number) for number in range(5)]

    def listing(after: dict[str, str] | None) -> Iterator[tuple[list[ObjectVersion], PageMark]]:
        for start in range(int((after or {}).get("key", 0)), 5, 2):
            yield lost[start : start + 2], ({"key": str(start + 2)} if start < 4 else {})

    sweeper = replace(world.sweeper(mender=_Nothing()), listing=listing)
    rounds = [sweeper.sweep(now=later()) for _ in range(4)]
    assert [each.looked_at["uploads"] for each in rounds] == [2, 2, 1, 2]
    keys = [repair.key for each in rounds[:3] for repair in each.found]
    assert keys == [upload.key for upload in lost]


def _an_upload(number: int) -> ObjectVersion:
    return ObjectVersion(
        bucket=BUCKET, key=f"intake/d/{number}", version_id="v", etag="e", uploaded_at=_LONG_AGO
    )


class _Nothing(Mender):
    """Says that it mends, and does not: the machine is not under test."""

    def __init__(self) -> None:
        pass

    def mend(self, repair: object, *, now: object) -> bool:
        del repair, now
        return False


def test_a_round_that_runs_out_of_time_loses_nothing(world: World) -> None:
    for number in range(4):
        world.upload(f"intake/d{number}/lost.jpg", event=False)
    sweeper = world.sweeper(mender=world.mender())
    sweeper.sweep(now=later(), has_time=lambda: False)
    world.settle()
    assert len(world.machine.photos()) == 1
    world.sweep()
    assert len(world.machine.photos()) == 4


def test_a_walk_without_a_finding_ends_in_time_as_well(world: World) -> None:
    uploads = [_an_upload(number) for number in range(4)]
    pages = [(uploads[:2], {"key": "2"}), (uploads[2:], {})]
    sound = replace(PATIENCE, event=timedelta(days=36_500))
    sweeper = replace(
        world.sweeper(mender=_Nothing()), listing=lambda _after: iter(pages), patience=sound
    )
    done = sweeper.sweep(now=later(), has_time=lambda: False)
    assert (done.found, done.looked_at["uploads"]) == ([], 2)


def test_a_row_that_is_no_record_is_named_and_does_not_stop_the_round(world: World) -> None:
    photo = world.stuck("intake/d1/stuck.jpg")
    odd = world.stuck("intake/d2/odd.jpg")
    world.set(odd, etag=None)
    assert world.sweep().malformed == [odd]
    assert world.photo(photo)["status"] == "assigned"


@pytest.mark.parametrize(
    "nonsense",
    [{"lease_until": "soon"}, {"enqueued_at": "2026-11-21T08:00:00"}, {"key": 7}],
)
def test_what_people_mended_badly_is_named_and_stops_nothing(
    world: World, nonsense: dict[str, Any]
) -> None:
    odd = in_review(world)
    world.set(odd, **nonsense)
    photo = world.stuck("intake/d2/stuck.jpg")
    for hours in (2, 3):
        assert set(world.sweep(now=later(hours)).malformed) == {odd}
    assert world.photo(photo)["attempt"] == 2


def _unsent(world: World, key: str) -> None:
    world.set(in_review(world, key), enqueued_at=None)
    world.machine.steps["filter"] = [always(a_decision(**CLASSIFIED))]


BREAKS: dict[str, Callable[[World, str], object]] = {
    "sound": lambda world, key: world.upload(key),
    "lost": lambda world, key: world.upload(key, event=False),
    "stuck": lambda world, key: world.stuck(key),
    "requeued": lambda world, key: world.stuck(key, status="requeued", attempt=2),
    "unsent": _unsent,
}


@pytest.mark.parametrize("seed", range(2))
def test_any_broken_world_is_mended_by_two_sweepers_at_once(world: World, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 # reproducible, not secret
    for number in range(5):
        BREAKS[chance.choice(list(BREAKS))](world, f"intake/d{number}/u.jpg")
    plans = [world.sweep(dry=True).found for _ in range(2)]  # both look before either mends
    repairs = [repair for plan in plans for repair in plan]
    chance.shuffle(repairs)
    for repair in repairs:
        world.mender().mend(repair, now=later())
    world.settle()
    assert world.sweep().found == []
    found = world.verdict()
    assert found.conserved, found
    assert found.totals["received"] == 5
    assert len(world.machine.photos()) == 5


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
    ledger = PhotoLedger(boto3.client("dynamodb"), table="photos")
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
