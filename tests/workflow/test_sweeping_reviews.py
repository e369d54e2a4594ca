"""The sweeper and open reviews: which reviews get another message."""

import itertools
import json

from tests.workflow.faulty_pipeline import (
    FaultyPipeline,
    later,
    open_review,
    review_without_message,
)


def test_a_sweep_sends_the_message_of_a_review_that_has_none(pipeline: FaultyPipeline) -> None:
    photo = review_without_message(pipeline)
    pipeline.overwrite(photo, enqueued_at=None)
    pipeline.sweep()
    (message,) = pipeline.workflow.reviews()
    assert (message["photo_id"], message["reason"]) == (photo, "no_vehicle")
    assert message["photo"]["driver_id"] == "d1"
    assert pipeline.photo(photo)["enqueued_at"]


def test_a_review_that_is_idle_for_a_day_gets_another_message(
    pipeline: FaultyPipeline,
) -> None:
    photo = review_without_message(pipeline)
    assert pipeline.sweep(now=later(23)).repaired.total() == 0
    pipeline.sweep(now=later(25))
    assert [message["photo_id"] for message in pipeline.workflow.reviews()] == [photo]
    assert pipeline.sweep(now=later(26)).repaired.total() == 0


def test_a_reminder_does_not_change_the_start_of_the_review(pipeline: FaultyPipeline) -> None:
    """The duration of reviews is measured from there."""
    photo = review_without_message(pipeline)
    began = pipeline.photo(photo)["enqueued_at"]
    (reminder,) = pipeline.sweep(now=later(25)).needed
    assert reminder.rule == "review_without_activity"
    row = pipeline.photo(photo)
    assert row["enqueued_at"] == began < row["reminded_at"]


def test_a_surplus_message_does_not_hide_a_lost_one(pipeline: FaultyPipeline) -> None:
    """Two reviews have two messages, which are both of the same review."""
    lost, kept = review_without_message(pipeline), open_review(pipeline, "intake/d2/r.jpg")
    executor = pipeline.executor()
    executor.reviews.send({"photo_id": kept})
    pipeline.sweep(now=later(25))
    messages = [json.loads(body)["photo_id"] for body in executor.reviews.peek()]
    assert messages.count(lost) == 1


def test_a_review_that_stays_idle_is_reminded_of_less_and_less_often(
    pipeline: FaultyPipeline,
) -> None:
    photo = review_without_message(pipeline)
    reminded_at = [
        hours for hours in range(0, 14 * 24, 6) if pipeline.sweep(now=later(hours)).needed
    ]
    assert len(reminded_at) <= 5
    assert reminded_at[0] <= 30
    pauses = [after - before for before, after in itertools.pairwise(reminded_at)]
    assert pauses == sorted(pauses)
    assert pipeline.photo(photo)["review"] == "open"


def test_every_idle_review_gets_another_message(pipeline: FaultyPipeline) -> None:
    """The queue does not show whose message is missing; surplus ones are dropped on receipt."""
    photos = [review_without_message(pipeline), open_review(pipeline, "intake/d2/r.jpg")]
    assert {repair.photo_id for repair in pipeline.sweep(now=later(25)).needed} == set(photos)
    assert pipeline.sweep(now=later(48)).needed == []


def test_a_leased_review_gets_no_message(pipeline: FaultyPipeline) -> None:
    photo = review_without_message(pipeline)
    pipeline.overwrite(photo, lease_until=later(26).isoformat())
    assert pipeline.sweep(now=later(25)).needed == []


def test_a_review_that_was_completed_meanwhile_gets_no_message(pipeline: FaultyPipeline) -> None:
    photo = review_without_message(pipeline)
    (repair,) = pipeline.sweep(now=later(25), dry=True).needed
    pipeline.overwrite(photo, review="done")
    assert not pipeline.executor().execute(repair, now=later(25))
