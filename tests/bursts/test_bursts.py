"""The committed table of bursts and outages holds; `python -m tests.bursts --write` renews it."""

import json
from typing import Any

import pytest

from infra.state_machine import STANDARD
from tests.bursts.scenarios import BURSTS, LIMITS, SCENARIOS, comparisons, outage, simulate
from tests.bursts.table import PAGE, RECORD, document, page

# Each function is tried this often, and an attempt has at most so many states.
STATES = 12
MOST_TRANSITIONS = STATES + STANDARD.first_refusals + 2 * STANDARD.later_refusals

RECORDED: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_no_photo_fails_or_is_lost_and_all_are_decided_in_time(scenario: Any) -> None:
    row = document(comparisons((scenario,), seeds=1))[scenario.id]
    now = row["now"]
    assert (now["failed"]["count"], now["lost"]["count"], now["in_time"]) == (0, 0, True), now
    assert now["transitions"] <= MOST_TRANSITIONS
    assert row == RECORDED[scenario.id]


def test_the_page_shows_the_record() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(RECORDED)


def test_before_photos_were_parked_bursts_and_outages_failed_them() -> None:
    """The model shows what the state machine does, not what it was written for."""
    failed = {name: row["before"]["failed"]["count"] for name, row in RECORDED.items()}
    assert failed["5000-at-10"] > 4000
    assert failed["outage-at-1000"] > 3000
    assert failed["200-at-1000"] == 0


def test_without_a_drain_parked_photos_stay_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bursts.model.DRAIN_EVERY_S", 1e9)
    assert simulate(outage(100, outage_s=60.0)).lost > 0


def test_the_record_has_the_loads_that_are_promised() -> None:
    assert (BURSTS, LIMITS) == ((200, 500, 1000, 2000, 5000), (10, 100, 1000))
    assert list(RECORDED) == [scenario.id for scenario in SCENARIOS]
