"""Successive sweeps: bounded, continued at the checkpoint, and not stopped by malformed rows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handlers.aws.object_versions import PageMark
from handlers.domain.ledger.identity import ObjectVersion
from monitoring.reconciliation.bucket_walk import last_completed_walk
from monitoring.reconciliation.repair_executor import RepairExecutor
from monitoring.reconciliation.sweep import SweepLimits
from tests.workflow.faulty_pipeline import (
    BUCKET,
    DEADLINES,
    FaultyPipeline,
    later,
    review_without_message,
)

_LONG_AGO = "2026-11-01T00:00:00+00:00"


def test_a_sweep_continues_where_the_last_one_ended(pipeline: FaultyPipeline) -> None:
    pipeline.limits = SweepLimits(versions=2)
    lost = [_an_upload(number) for number in range(5)]

    def listing(after: dict[str, str] | None) -> Iterator[tuple[list[ObjectVersion], PageMark]]:
        for start in range(int((after or {}).get("key", 0)), 5, 2):
            yield lost[start : start + 2], ({"key": str(start + 2)} if start < 4 else {})

    sweeper = replace(pipeline.sweeper(executor=_NoRepairs()), listing=listing)
    sweeps = [sweeper.sweep(now=later()) for _ in range(4)]
    assert [sweep.examined["uploads"] for sweep in sweeps] == [2, 2, 1, 2]
    keys = [repair.key for sweep in sweeps[:3] for repair in sweep.needed]
    assert keys == [upload.key for upload in lost]


def _an_upload(number: int) -> ObjectVersion:
    return ObjectVersion(
        bucket=BUCKET, key=f"intake/d/{number}", version_id="v", etag="e", uploaded_at=_LONG_AGO
    )


class _NoRepairs(RepairExecutor):
    """Repair nothing: only the sweeper is under test."""

    def __init__(self) -> None:
        pass

    def execute(self, repair: object, *, now: object) -> bool:
        del repair, now
        return False


def test_a_sweep_that_runs_out_of_time_loses_no_photo(pipeline: FaultyPipeline) -> None:
    for number in range(4):
        pipeline.upload(f"intake/d{number}/lost.jpg", event=False)
    sweeper = pipeline.sweeper(executor=pipeline.executor())
    sweeper.sweep(now=later(), has_time=lambda: False)
    pipeline.wait_for_executions()
    assert len(pipeline.workflow.photos()) == 1
    pipeline.sweep()
    assert len(pipeline.workflow.photos()) == 4


def test_the_checkpoint_has_the_counts_of_the_last_whole_walk(pipeline: FaultyPipeline) -> None:
    for number in range(4):
        pipeline.upload(f"intake/d{number}/lost.jpg", event=False)
    pipeline.upload("intake/d9/sound.jpg")
    sweeper = pipeline.sweeper(executor=pipeline.executor())
    sweeper.sweep(now=later(), has_time=lambda: False)  # stops after the first object
    assert last_completed_walk(sweeper.checkpoints.read()) is None
    pipeline.wait_for_executions()
    counts = []
    for hours in (3, 4):
        pipeline.sweep(now=later(hours))
        walk = last_completed_walk(sweeper.checkpoints.read())
        assert walk is not None
        counts.append((walk.objects, walk.lost))
    assert counts == [(5, 4), (5, 0)]


def test_a_walk_without_repairs_stops_when_time_is_up(pipeline: FaultyPipeline) -> None:
    uploads = [_an_upload(number) for number in range(4)]
    pages = [(uploads[:2], {"key": "2"}), (uploads[2:], {})]
    patient = replace(DEADLINES, event=timedelta(days=36_500))
    sweeper = replace(
        pipeline.sweeper(executor=_NoRepairs()),
        listing=lambda _after: iter(pages),
        deadlines=patient,
    )
    result = sweeper.sweep(now=later(), has_time=lambda: False)
    assert (result.needed, result.examined["uploads"]) == ([], 2)


def test_a_malformed_row_is_named_and_does_not_stop_the_sweep(
    pipeline: FaultyPipeline,
) -> None:
    photo = pipeline.upload_stuck("intake/d1/stuck.jpg")
    malformed = pipeline.upload_stuck("intake/d2/odd.jpg")
    pipeline.overwrite(malformed, etag=None)
    assert pipeline.sweep().malformed == [malformed]
    assert pipeline.photo(photo)["status"] == "assigned"


@pytest.mark.parametrize(
    "nonsense",
    [{"lease_until": "soon"}, {"enqueued_at": "2026-11-21T08:00:00"}, {"key": 7}],
)
def test_a_row_that_was_edited_incorrectly_is_named_and_does_not_stop_the_sweep(
    pipeline: FaultyPipeline, nonsense: dict[str, Any]
) -> None:
    malformed = review_without_message(pipeline)
    pipeline.overwrite(malformed, **nonsense)
    photo = pipeline.upload_stuck("intake/d2/stuck.jpg")
    for hours in (2, 3):
        assert set(pipeline.sweep(now=later(hours)).malformed) == {malformed}
    assert pipeline.photo(photo)["attempt"] == 2
