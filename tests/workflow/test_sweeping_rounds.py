"""Rounds of the sweeper: bounded, gone on with, and stopped by nothing that cannot be read."""

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
from tests.workflow.damaged_inventory import (
    BUCKET,
    PATIENCE,
    World,
    in_review,
    later,
)

_LONG_AGO = "2026-11-01T00:00:00+00:00"


def test_a_round_goes_on_where_the_last_one_ended(world: World) -> None:
    world.limits = SweepLimits(versions=2)
    lost = [_an_upload(number) for number in range(5)]

    def listing(after: dict[str, str] | None) -> Iterator[tuple[list[ObjectVersion], PageMark]]:
        for start in range(int((after or {}).get("key", 0)), 5, 2):
            yield lost[start : start + 2], ({"key": str(start + 2)} if start < 4 else {})

    sweeper = replace(world.sweeper(executor=_Nothing()), listing=listing)
    rounds = [sweeper.sweep(now=later()) for _ in range(4)]
    assert [each.examined["uploads"] for each in rounds] == [2, 2, 1, 2]
    keys = [repair.key for each in rounds[:3] for repair in each.needed]
    assert keys == [upload.key for upload in lost]


def _an_upload(number: int) -> ObjectVersion:
    return ObjectVersion(
        bucket=BUCKET, key=f"intake/d/{number}", version_id="v", etag="e", uploaded_at=_LONG_AGO
    )


class _Nothing(RepairExecutor):
    """Says that it mends, and does not: the machine is not under test."""

    def __init__(self) -> None:
        pass

    def execute(self, repair: object, *, now: object) -> bool:
        del repair, now
        return False


def test_a_round_that_runs_out_of_time_loses_nothing(world: World) -> None:
    for number in range(4):
        world.upload(f"intake/d{number}/lost.jpg", event=False)
    sweeper = world.sweeper(executor=world.executor())
    sweeper.sweep(now=later(), has_time=lambda: False)
    world.settle()
    assert len(world.machine.photos()) == 1
    world.sweep()
    assert len(world.machine.photos()) == 4


def test_a_whole_walk_is_noted_with_what_had_no_row(world: World) -> None:
    for number in range(4):
        world.upload(f"intake/d{number}/lost.jpg", event=False)
    world.upload("intake/d9/sound.jpg")
    sweeper = world.sweeper(executor=world.executor())
    sweeper.sweep(now=later(), has_time=lambda: False)  # broken off after the first
    assert last_completed_walk(sweeper.checkpoints.read()) is None
    world.settle()
    counted = []
    for hours in (3, 4):
        world.sweep(now=later(hours))
        walk = last_completed_walk(sweeper.checkpoints.read())
        assert walk is not None
        counted.append((walk.objects, walk.lost))
    assert counted == [(5, 4), (5, 0)]


def test_a_walk_without_a_finding_ends_in_time_as_well(world: World) -> None:
    uploads = [_an_upload(number) for number in range(4)]
    pages = [(uploads[:2], {"key": "2"}), (uploads[2:], {})]
    sound = replace(PATIENCE, event=timedelta(days=36_500))
    sweeper = replace(
        world.sweeper(executor=_Nothing()), listing=lambda _after: iter(pages), deadlines=sound
    )
    done = sweeper.sweep(now=later(), has_time=lambda: False)
    assert (done.needed, done.examined["uploads"]) == ([], 2)


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
