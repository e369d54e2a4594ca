"""Parked photos and the drain: nothing is lost or failed, and nothing is started twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import boto3
import pytest

from handlers.aws.controls_table import ControlsTable
from handlers.aws.photos_table import PhotosTable
from handlers.domain.controls import IntakeControl
from handlers.domain.errors import EndpointBusy, EndpointUnavailable, PolicyUnavailable
from handlers.domain.ledger.schema import CONTROLS
from monitoring.drain.drain import MAX_PARKINGS, Drain, DrainResult
from monitoring.reconciliation.repair_plan import TAKE_OVER, RepairDeadlines
from tests.tables import create_table
from tests.workflow.faulty_pipeline import FaultyPipeline
from tests.workflow.harness import Step, a_prediction, always

NOW = "2026-11-30T20:00:00.000Z"


def _raise(error: Exception) -> Step:
    def fail(_payload: object) -> NoReturn:
        raise error

    return fail


@dataclass
class Drained:
    """A pipeline with its drain; each sleep waits for the executions that were started."""

    pipeline: FaultyPipeline
    controls: ControlsTable
    on_sleep: Callable[[], object] = lambda: None

    def park(self, count: int, error: Exception | None = None) -> list[str]:
        """Upload photos that meet no capacity; return their ids in the order of receipt."""
        classify = self.pipeline.workflow.steps["classify"]
        self.pipeline.workflow.steps["classify"] = [_raise(error or EndpointBusy("full"))]
        for number in range(count):
            self.pipeline.upload(f"intake/d{number}/u.jpg")
        self.pipeline.workflow.steps["classify"] = classify
        self.pipeline.workflow.calls.clear()
        rows = sorted(self.pipeline.workflow.photos(), key=lambda row: row["received_at"])
        assert {row["pending"] for row in rows} == {"parked"}
        return [row["photo_id"] for row in rows]

    def round(self, *, steps: int = 20) -> DrainResult:
        elapsed = timedelta()

        def sleep(seconds: float) -> None:
            nonlocal elapsed
            elapsed += timedelta(seconds=seconds)
            self.pipeline.wait_for_executions()
            self.on_sleep()

        drain = Drain(
            ledger=PhotosTable(boto3.client("dynamodb"), table="photos"),
            controls=self.controls,
            executor=self.pipeline.executor(),
            sleep=sleep,
            clock=lambda: datetime.now(UTC) + elapsed,
        )
        result = drain.round(lasts=timedelta(seconds=3 * steps))
        self.pipeline.wait_for_executions()
        return result

    def statuses(self) -> set[str]:
        return {row["status"] for row in self.pipeline.workflow.photos()}


@pytest.fixture
def drained(pipeline: FaultyPipeline) -> Drained:
    dynamodb = boto3.client("dynamodb")
    create_table(dynamodb, CONTROLS, "controls")
    return Drained(pipeline, ControlsTable(dynamodb, table="controls"))


def classified(pipeline: FaultyPipeline) -> list[str]:
    calls = pipeline.workflow.calls
    return [payload["photo_id"] for function, payload in calls if function == "classify"]


def test_parked_photos_are_decided_and_nothing_is_out_of_place(drained: Drained) -> None:
    photos = drained.park(5)
    result = drained.round()
    assert (result.started, result.decided, result.parked) == (5, 5, 0)
    assert drained.statuses() == {"assigned"}
    assert sorted(classified(drained.pipeline)) == sorted(photos)
    for row in drained.pipeline.workflow.photos():
        assert row["attempt"] == 2
        assert row.keys().isdisjoint({"pending", "parked_at", "parked_reason"})
    assert drained.pipeline.workflow.failures() == []
    result_of_check = drained.pipeline.check_conservation()
    assert result_of_check.conserved, result_of_check


def test_the_oldest_are_started_first(drained: Drained, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = drained.park(4)
    monkeypatch.setattr("monitoring.drain.policy.MIN_WINDOW", 2)
    drained.round(steps=1)
    assert sorted(classified(drained.pipeline)) == sorted(photos[:2])


def test_photos_that_are_parked_again_keep_their_place(drained: Drained) -> None:
    photos = drained.park(3)
    drained.pipeline.workflow.steps["classify"] = [_raise(EndpointBusy("full"))]
    drained.round(steps=2)
    rows = list(PhotosTable(boto3.client("dynamodb"), table="photos").parked(limit=10))
    assert [row["photo_id"] for row in rows] == photos
    assert min(row["parkings"] for row in rows) >= 2


def test_two_rounds_at_once_start_no_photo_twice(drained: Drained) -> None:
    photos = drained.park(3)
    drained.on_sleep = lambda: drained.round(steps=1)
    drained.round()
    assert sorted(classified(drained.pipeline)) == sorted(photos)


def test_while_intake_is_paused_nothing_starts(drained: Drained) -> None:
    drained.park(2)
    drained.controls.write(IntakeControl(paused=True))
    result = drained.round()
    assert (result.started, result.parked, result.oldest_parked_s) == (0, 2, 0.0)
    drained.controls.write(IntakeControl(paused=False))
    assert drained.round().decided == 2


def test_an_open_breaker_lets_one_probe_pass_until_the_endpoint_answers(drained: Drained) -> None:
    drained.park(3)
    drained.controls.open_breaker(now=NOW, reason="down")
    drained.pipeline.workflow.steps["classify"] = [_raise(EndpointUnavailable("down"))]
    result = drained.round(steps=4)
    assert result.started == 4
    assert drained.controls.read().breaker.is_open
    assert len(set(classified(drained.pipeline))) == 3  # a probe takes turns
    probes = [p["probe"] for f, p in drained.pipeline.workflow.calls if f == "serialize"]
    assert set(probes) == {True}
    drained.pipeline.workflow.steps["classify"] = [always(a_prediction())]
    assert drained.round().parked == 0
    assert not drained.controls.read().breaker.is_open
    assert drained.statuses() == {"assigned"}


def test_a_dead_endpoint_opens_the_breaker(drained: Drained) -> None:
    drained.park(3)
    drained.pipeline.workflow.steps["classify"] = [_raise(EndpointUnavailable("down"))]
    drained.round(steps=2)
    assert drained.controls.read().breaker.is_open


def test_parked_attempts_do_not_use_up_the_attempts_of_failures(drained: Drained) -> None:
    (photo,) = drained.park(1)
    drained.pipeline.overwrite(photo, attempt=9, parkings=8, parked_at=NOW)
    sweep = drained.pipeline.sweep(now=datetime.now(UTC) + timedelta(days=1))
    assert [repair.action for repair in sweep.needed] == [TAKE_OVER]
    assert drained.statuses() == {"assigned"}


def test_the_sweeper_leaves_parked_photos_to_the_drain_for_hours(drained: Drained) -> None:
    drained.park(2)
    assert RepairDeadlines().parked > RepairDeadlines().execution
    sweep = drained.pipeline.sweep(now=datetime.now(UTC) + RepairDeadlines().parked / 2)
    assert sweep.needed == []
    assert drained.statuses() == {"received"}


def test_a_photo_that_the_endpoint_fails_at_is_given_up_while_others_are_decided(
    drained: Drained,
) -> None:
    poison, *others = drained.park(3)
    drained.pipeline.overwrite(poison, parkings=MAX_PARKINGS)

    def classify(payload: dict[str, object]) -> dict[str, object]:
        if payload["photo_id"] == poison:
            raise EndpointUnavailable("it died of this photo")
        return a_prediction()

    drained.pipeline.workflow.steps["classify"] = [classify]
    result = drained.round()
    assert (result.given_up, result.decided) == (1, len(others))
    assert drained.pipeline.photo(poison)["status"] == "failed"
    assert len(drained.pipeline.workflow.failures()) == 1


def test_no_photo_is_given_up_while_none_is_decided(drained: Drained) -> None:
    for photo in drained.park(2):
        drained.pipeline.overwrite(photo, parkings=10 * MAX_PARKINGS)
    drained.pipeline.workflow.steps["classify"] = [_raise(EndpointUnavailable("down"))]
    result = drained.round(steps=4)
    assert (result.given_up, drained.statuses()) == (0, {"received"})


def test_a_photo_that_no_capacity_helps_is_started_ever_more_rarely(drained: Drained) -> None:
    (photo,) = drained.park(1, PolicyUnavailable("no permission"))
    drained.pipeline.workflow.steps["classify"] = [_raise(PolicyUnavailable("no permission"))]
    # Executions take no time of this clock, so that starts come 3, 6, 12, 24 and 48 s after its
    # beginning. Without waits there is one in each of twenty steps.
    assert drained.round(steps=20).started in {5, 6}
    drained.pipeline.workflow.steps["classify"] = [always(a_prediction())]
    drained.pipeline.overwrite(photo, updated_at=NOW)
    assert drained.round().decided == 1


def test_photos_that_wait_do_not_hold_up_those_behind_them(
    drained: Drained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.drain.policy.MIN_WINDOW", 2)
    monkeypatch.setattr("monitoring.drain.drain.MIN_WINDOW", 2)
    photos = drained.park(5)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    for photo in photos[:3]:
        drained.pipeline.overwrite(
            photo, parked_reason="PolicyUnavailable", parkings=9, updated_at=now
        )
    drained.round(steps=1)
    assert sorted(classified(drained.pipeline)) == sorted(photos[3:])


def test_a_malformed_row_does_not_stop_the_others(drained: Drained) -> None:
    first, *_ = drained.park(3)
    drained.pipeline.overwrite(first, etag=None)
    result = drained.round(steps=4)
    assert (result.decided, result.malformed) == (2, [first])
