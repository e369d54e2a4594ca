"""The sweeper against the real definition: broken worlds are repaired, whoever else sweeps."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from handlers.aws.executions import Executions
from monitoring.reconciliation.repair_executor import ENDED_TOO_OFTEN
from tests.workflow.damaged_inventory import (
    CLASSIFIED,
    NOTES,
    PATIENCE,
    World,
    in_review,
    later,
)
from tests.workflow.machine import a_decision, always


def test_a_sound_world_is_left_alone(world: World) -> None:
    world.upload("intake/d1/u1.jpg")
    before = world.machine.photos()
    done = world.sweep()
    assert (done.needed, done.repaired.total()) == ([], 0)
    assert world.machine.photos() == before


@pytest.mark.parametrize("key", ["intake/d1/lost.jpg", "intake/d1/ü \"'{}+%.jpg", "intake/nobody"])
def test_an_event_that_never_came_is_made_up_for(world: World, key: str) -> None:
    world.upload(key, event=False)
    assert [each.rule for each in world.sweep().needed] == ["lost"]
    assert world.verdict().totals["received"] == 1
    assert world.verdict().totals["lost"] == 0


def test_an_event_that_may_still_come_is_waited_for(world: World) -> None:
    world.upload("intake/d1/young.jpg", event=False)
    assert world.sweep(now=datetime.now(UTC)).needed == []


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
    assert sorted(each.rule for each in done.needed) == ["lost", "stuck"]
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
    plans = [world.sweep(dry=True).needed for _ in range(2)]  # both look before either mends
    repairs = [repair for plan in plans for repair in plan]
    chance.shuffle(repairs)
    for repair in repairs:
        world.executor().execute(repair, now=later())
    world.settle()
    assert world.sweep().needed == []
    found = world.verdict()
    assert found.conserved, found
    assert found.totals["received"] == 5
    assert len(world.machine.photos()) == 5
