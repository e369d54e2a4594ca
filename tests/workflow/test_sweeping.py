"""The sweeper against the real definition: it repairs every fault, also with other sweepers."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from handlers.aws.executions import Executions
from monitoring.reconciliation.repair_executor import ENDED_TOO_OFTEN
from tests.workflow.faulty_pipeline import (
    CLASSIFIED,
    DEADLINES,
    REPORTS_BUCKET,
    FaultyPipeline,
    later,
    review_without_message,
)
from tests.workflow.harness import a_decision, always


def test_a_sweep_of_a_sound_pipeline_changes_nothing(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/u1.jpg")
    before = pipeline.workflow.photos()
    result = pipeline.sweep()
    assert (result.needed, result.repaired.total()) == ([], 0)
    assert pipeline.workflow.photos() == before


@pytest.mark.parametrize(
    "key", ["intake/d1/lost.jpg", "intake/d1/ü \"'{}+%.jpg", "intake/no-driver"]
)
def test_a_sweep_starts_a_photo_whose_event_was_lost(pipeline: FaultyPipeline, key: str) -> None:
    pipeline.upload(key, event=False)
    assert [repair.rule for repair in pipeline.sweep().needed] == ["lost"]
    assert pipeline.check_conservation().totals["received"] == 1
    assert pipeline.check_conservation().totals["lost"] == 0


def test_a_sweep_waits_for_an_event_that_may_still_come(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/young.jpg", event=False)
    assert pipeline.sweep(now=datetime.now(UTC)).needed == []


def test_an_event_that_comes_after_the_sweep_is_a_duplicate(pipeline: FaultyPipeline) -> None:
    event = pipeline.upload("intake/d1/late.jpg", event=False)
    pipeline.sweep()
    before = pipeline.workflow.photos()
    assert pipeline.workflow.run(event).states[-1] == "Duplicate"
    assert pipeline.workflow.photos() == before


@pytest.mark.parametrize("status", ["received", "requeued"])
def test_a_sweep_takes_a_stuck_photo_over(pipeline: FaultyPipeline, status: str) -> None:
    photo = pipeline.upload_stuck("intake/d1/stuck.jpg", status=status)
    pipeline.sweep()
    row = pipeline.photo(photo)
    assert (row["status"], row["attempt"]) == ("assigned", 2)
    assert pipeline.check_conservation().conserved


def test_a_sweep_does_not_take_over_a_photo_in_progress(pipeline: FaultyPipeline) -> None:
    photo = pipeline.upload_stuck("intake/d1/slow.jpg")
    pipeline.sweep(now=datetime.now(UTC) + DEADLINES.execution - timedelta(minutes=1))
    assert pipeline.photo(photo)["attempt"] == 1


def test_a_dry_sweep_changes_nothing(pipeline: FaultyPipeline) -> None:
    pipeline.upload_stuck("intake/d1/stuck.jpg")
    pipeline.upload("intake/d2/lost.jpg", event=False)
    before = pipeline.workflow.photos()
    result = pipeline.sweep(dry=True)
    assert sorted(repair.rule for repair in result.needed) == ["lost", "stuck"]
    assert pipeline.workflow.photos() == before
    assert boto3.client("s3").list_objects_v2(Bucket=REPORTS_BUCKET)["KeyCount"] == 0


def test_a_photo_whose_executions_keep_dying_fails_with_a_message_to_operators(
    pipeline: FaultyPipeline,
) -> None:
    photo = pipeline.upload_stuck("intake/d1/deadly.jpg", attempt=DEADLINES.attempts)
    pipeline.sweep()
    row = pipeline.photo(photo)
    assert (row["status"], row["reason"]) == ("failed", ENDED_TOO_OFTEN)
    assert "pending" not in row
    assert [message["photo_id"] for message in pipeline.workflow.failures()] == [photo]


def test_the_next_sweep_starts_a_requeued_photo_whose_start_failed(
    pipeline: FaultyPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = pipeline.upload_stuck("intake/d1/stuck.jpg")

    def refuse(*_: object, **__: object) -> str:
        raise boto3.client("stepfunctions").exceptions.ExecutionLimitExceeded({}, "StartExecution")

    with monkeypatch.context() as patch:
        patch.setattr(Executions, "start", refuse)
        result = pipeline.sweep()
    assert len(result.refused) == 1
    assert (pipeline.photo(photo)["status"], pipeline.photo(photo)["attempt"]) == ("requeued", 2)
    pipeline.sweep(now=later(3))
    assert (pipeline.photo(photo)["status"], pipeline.photo(photo)["attempt"]) == ("assigned", 3)


def _unsent(pipeline: FaultyPipeline, key: str) -> None:
    pipeline.overwrite(review_without_message(pipeline, key), enqueued_at=None)
    pipeline.workflow.steps["filter"] = [always(a_decision(**CLASSIFIED))]


FAULTS: dict[str, Callable[[FaultyPipeline, str], object]] = {
    "sound": lambda pipeline, key: pipeline.upload(key),
    "lost": lambda pipeline, key: pipeline.upload(key, event=False),
    "stuck": lambda pipeline, key: pipeline.upload_stuck(key),
    "requeued": lambda pipeline, key: pipeline.upload_stuck(key, status="requeued", attempt=2),
    "unsent": _unsent,
}


@pytest.mark.parametrize("seed", range(2))
def test_two_simultaneous_sweepers_repair_all_faults(pipeline: FaultyPipeline, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 # reproducible, not secret
    for number in range(5):
        FAULTS[chance.choice(list(FAULTS))](pipeline, f"intake/d{number}/u.jpg")
    plans = [pipeline.sweep(dry=True).needed for _ in range(2)]  # both read before either repairs
    repairs = [repair for plan in plans for repair in plan]
    chance.shuffle(repairs)
    for repair in repairs:
        pipeline.executor().execute(repair, now=later())
    pipeline.wait_for_executions()
    assert pipeline.sweep().needed == []
    result = pipeline.check_conservation()
    assert result.conserved, result
    assert result.totals["received"] == 5
    assert len(pipeline.workflow.photos()) == 5
