"""The walk through the bucket: only a walk counted from its start to its end is reported."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from monitoring.reconciliation.bucket_walk import (
    CHECKPOINT_KEY,
    BucketWalk,
    CompletedWalk,
    last_completed_walk,
)
from tests.monitoring.conftest import Stage

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
WALKED = {"ended_at": "2026-11-22T05:00:00+00:00", "objects": 5, "lost": 2}


def a_sweep(checkpoint: dict[str, Any], *pages: tuple[int, int, dict[str, str]]) -> None:
    """Walk through pages; of each: its objects, how many are lost, and the next mark."""
    walk = BucketWalk(checkpoint)
    for objects, lost, mark in pages:
        for _ in range(lost):
            walk.count_lost()
        walk.finish_page(objects, mark=mark, now=NOW)


def test_a_walk_is_counted_over_several_sweeps() -> None:
    checkpoint: dict[str, Any] = {}
    a_sweep(checkpoint, (2, 1, {"key": "b"}))
    assert last_completed_walk(checkpoint) is None
    a_sweep(checkpoint, (2, 0, {"key": "d"}), (1, 1, {}))
    assert last_completed_walk(checkpoint) == CompletedWalk(
        ended_at=NOW.isoformat(), objects=5, lost=2
    )
    assert BucketWalk(checkpoint).mark is None


def test_the_last_completed_walk_is_kept_until_the_next() -> None:
    checkpoint: dict[str, Any] = {}
    a_sweep(checkpoint, (3, 3, {}))
    a_sweep(checkpoint, (2, 0, {"key": "b"}))
    walk = last_completed_walk(checkpoint)
    assert walk is not None
    assert (walk.objects, walk.lost) == (3, 3)
    a_sweep(checkpoint, (1, 0, {}))
    walk = last_completed_walk(checkpoint)
    assert walk is not None
    assert (walk.objects, walk.lost) == (3, 0)


def test_a_walk_without_counts_from_its_start_is_not_reported() -> None:
    checkpoint: dict[str, Any] = {"uploads": {"key": "m"}}  # as an earlier version left them
    a_sweep(checkpoint, (9, 1, {}))
    assert last_completed_walk(checkpoint) is None
    a_sweep(checkpoint, (2, 0, {}))
    assert last_completed_walk(checkpoint) is not None


@pytest.mark.parametrize("counts", [7, [], {"objects": "many", "lost": 0}, {"objects": 1}])
def test_a_walk_with_malformed_counts_starts_over(counts: object) -> None:
    checkpoint: dict[str, Any] = {"walk": counts}
    a_sweep(checkpoint, (2, 0, {}))
    assert last_completed_walk(checkpoint) == CompletedWalk(
        ended_at=NOW.isoformat(), objects=2, lost=0
    )


@pytest.mark.parametrize(
    "last",
    [
        None,
        [],
        {},
        {**WALKED, "more": 1},
        {**WALKED, "ended_at": "soon"},
        {**WALKED, "ended_at": "2026-11-22T05:00:00"},
        {**WALKED, "lost": 6},
        {**WALKED, "lost": -1},
        {**WALKED, "objects": "many"},
    ],
)
def test_a_malformed_last_walk_is_ignored(last: object) -> None:
    assert last_completed_walk({"last_walk": last}) is None


def test_the_report_shows_the_counts_of_the_last_walk(stage: Stage) -> None:
    checkpoint = json.dumps({"last_walk": WALKED}).encode()
    stage.s3.put_object(Bucket="reports", Key=CHECKPOINT_KEY, Body=checkpoint)
    stage.photo(1)
    # Queues are measured only for a report as of now.
    stage.call({"from": "2026-11-21", "as_of": datetime.now(UTC).isoformat()})
    queues = stage.document()["queues"]
    assert (queues["walk_ended_at"], queues["walked_objects"]) == (WALKED["ended_at"], 5)
    assert "5 objects, 2 without a row" in json.dumps(stage.document()["checks"])


@pytest.mark.parametrize("content", [None, b"no json", b"[]", b'{"last_walk": 7}'])
def test_the_report_is_made_without_a_walk(stage: Stage, content: bytes | None) -> None:
    if content is not None:
        stage.s3.put_object(Bucket="reports", Key=CHECKPOINT_KEY, Body=content)
    stage.photo(1)
    stage.call({"from": "2026-11-21", "as_of": datetime.now(UTC).isoformat()})
    assert stage.document()["queues"]["walk_ended_at"] is None
    assert "not counted yet" in json.dumps(stage.document()["checks"])
