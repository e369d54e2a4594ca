"""The walk through the bucket: only what was counted from end to end is told."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from monitoring.reconciliation.bucket_walk import (
    CHECKPOINT_KEY,
    BucketWalk,
    WholeWalk,
    last_whole_walk,
)
from tests.monitoring.conftest import Stage

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
WALKED = {"ended_at": "2026-11-22T05:00:00+00:00", "objects": 5, "lost": 2}


def a_round(notes: dict[str, Any], *pages: tuple[int, int, dict[str, str]]) -> None:
    """Each page: its objects, how many are lost, and where the walk goes on."""
    walk = BucketWalk(notes)
    for objects, lost, mark in pages:
        for _ in range(lost):
            walk.lose()
        walk.turn(objects, mark=mark, now=NOW)


def test_it_is_counted_over_its_rounds() -> None:
    notes: dict[str, Any] = {}
    a_round(notes, (2, 1, {"key": "b"}))
    assert last_whole_walk(notes) is None
    a_round(notes, (2, 0, {"key": "d"}), (1, 1, {}))
    assert last_whole_walk(notes) == WholeWalk(ended_at=NOW.isoformat(), objects=5, lost=2)
    assert BucketWalk(notes).mark is None


def test_the_last_whole_one_stands_until_the_next() -> None:
    notes: dict[str, Any] = {}
    a_round(notes, (3, 3, {}))
    a_round(notes, (2, 0, {"key": "b"}))
    found = last_whole_walk(notes)
    assert found is not None
    assert (found.objects, found.lost) == (3, 3)
    a_round(notes, (1, 0, {}))
    found = last_whole_walk(notes)
    assert found is not None
    assert (found.objects, found.lost) == (3, 0)


def test_one_whose_beginning_nobody_counted_is_not_told() -> None:
    notes: dict[str, Any] = {"uploads": {"key": "m"}}  # as an earlier version left them
    a_round(notes, (9, 1, {}))
    assert last_whole_walk(notes) is None
    a_round(notes, (2, 0, {}))
    assert last_whole_walk(notes) is not None


@pytest.mark.parametrize("noted", [7, [], {"objects": "many", "lost": 0}, {"objects": 1}])
def test_counts_that_are_none_begin_anew(noted: object) -> None:
    notes: dict[str, Any] = {"walk": noted}
    a_round(notes, (2, 0, {}))
    assert last_whole_walk(notes) == WholeWalk(ended_at=NOW.isoformat(), objects=2, lost=0)


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
def test_notes_that_hold_something_else_say_nothing(last: object) -> None:
    assert last_whole_walk({"last_walk": last}) is None


def test_the_report_says_what_the_last_walk_found(stage: Stage) -> None:
    notes = json.dumps({"last_walk": WALKED}).encode()
    stage.s3.put_object(Bucket="reports", Key=CHECKPOINT_KEY, Body=notes)
    stage.photo(1)
    # Figures of now go with a report of now.
    stage.call({"from": "2026-11-21", "as_of": datetime.now(UTC).isoformat()})
    queues = stage.document()["queues"]
    assert (queues["walk_ended_at"], queues["walked_objects"]) == (WALKED["ended_at"], 5)
    assert "5 objects, 2 without a row" in json.dumps(stage.document()["checks"])


@pytest.mark.parametrize("notes", [None, b"no json", b"[]", b'{"last_walk": 7}'])
def test_without_a_walk_the_report_is_made_all_the_same(stage: Stage, notes: bytes | None) -> None:
    if notes is not None:
        stage.s3.put_object(Bucket="reports", Key=CHECKPOINT_KEY, Body=notes)
    stage.photo(1)
    stage.call({"from": "2026-11-21", "as_of": datetime.now(UTC).isoformat()})
    assert stage.document()["queues"]["walk_ended_at"] is None
    assert "not counted yet" in json.dumps(stage.document()["checks"])
