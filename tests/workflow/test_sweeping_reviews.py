"""The sweeper and open reviews: who gets a message, and who is left alone."""

from tests.workflow.damaged_inventory import (
    World,
    an_open_review,
    in_review,
    later,
)


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
    assert world.sweep(now=later(23)).repaired.total() == 0
    world.sweep(now=later(25))
    assert [message["photo_id"] for message in world.machine.reviews()] == [photo]
    assert world.sweep(now=later(26)).repaired.total() == 0


def test_a_reminder_does_not_change_when_the_review_began(world: World) -> None:
    """How long reviews take is measured from there."""
    photo = in_review(world)
    began = world.photo(photo)["enqueued_at"]
    (reminder,) = world.sweep(now=later(25)).needed
    assert reminder.rule == "review_without_activity"
    row = world.photo(photo)
    assert row["enqueued_at"] == began < row["reminded_at"]


def test_nobody_is_reminded_of_what_still_lies_in_the_queue(world: World) -> None:
    """An idle weekend: three reviews, three messages, whenever the sweeper comes by."""
    for number in range(3):
        an_open_review(world, f"intake/d{number}/r.jpg")
    queue = world.executor().reviews
    for hours in range(24, 53, 4):
        done = world.sweep(now=later(hours))
        assert (done.needed, done.examined["reviews"]) == ([], 3)
    assert queue.depth() == 3


def test_where_a_message_is_missing_every_idle_review_gets_one(world: World) -> None:
    """Nobody knows whose it was; those that are too many are dropped when they are drained."""
    photos = [in_review(world), an_open_review(world, "intake/d2/r.jpg")]
    assert {each.photo_id for each in world.sweep(now=later(25)).needed} == set(photos)
    assert world.sweep(now=later(50)).needed == []


def test_a_review_that_somebody_has_in_hand_is_left_alone(world: World) -> None:
    photo = in_review(world)
    world.set(photo, lease_until=later(26).isoformat())
    assert world.sweep(now=later(25)).needed == []


def test_a_review_that_was_done_meanwhile_is_not_marked(world: World) -> None:
    photo = in_review(world)
    (seen,) = world.sweep(now=later(25), dry=True).needed
    world.set(photo, review="done")
    assert not world.executor().execute(seen, now=later(25))
