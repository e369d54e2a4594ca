"""The sweeper and open reviews: which reviews get another message."""

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


def test_a_review_whose_message_is_still_in_the_queue_gets_no_reminder(
    pipeline: FaultyPipeline,
) -> None:
    """An idle weekend: three reviews have three messages after every sweep."""
    for number in range(3):
        open_review(pipeline, f"intake/d{number}/r.jpg")
    queue = pipeline.executor().reviews
    for hours in range(24, 53, 4):
        result = pipeline.sweep(now=later(hours))
        assert (result.needed, result.examined["reviews"]) == ([], 3)
    assert queue.depth() == 3


def test_if_a_message_is_missing_every_idle_review_gets_one(pipeline: FaultyPipeline) -> None:
    """The queue does not show whose message is missing; surplus ones are dropped on receipt."""
    photos = [review_without_message(pipeline), open_review(pipeline, "intake/d2/r.jpg")]
    assert {repair.photo_id for repair in pipeline.sweep(now=later(25)).needed} == set(photos)
    assert pipeline.sweep(now=later(50)).needed == []


def test_a_leased_review_gets_no_message(pipeline: FaultyPipeline) -> None:
    photo = review_without_message(pipeline)
    pipeline.overwrite(photo, lease_until=later(26).isoformat())
    assert pipeline.sweep(now=later(25)).needed == []


def test_a_review_that_was_completed_meanwhile_gets_no_message(pipeline: FaultyPipeline) -> None:
    photo = review_without_message(pipeline)
    (repair,) = pipeline.sweep(now=later(25), dry=True).needed
    pipeline.overwrite(photo, review="done")
    assert not pipeline.executor().execute(repair, now=later(25))
