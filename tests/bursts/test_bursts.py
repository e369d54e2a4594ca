"""Short forms of the model's table; `make burst` runs all of it."""

import pytest

from infra.state_machine import STANDARD
from tests.bursts.model import Load, Stage
from tests.bursts.scenarios import BURSTS, LIMITS, SEED, burst, outage, simulate

# Each function is tried this often, and an attempt has at most so many states.
STATES = 12
MOST_TRANSITIONS = STATES + STANDARD.first_refusals + 2 * STANDARD.later_refusals


@pytest.mark.parametrize(
    "load",
    [
        burst(1000, 10, seed=SEED),
        burst(1000, 100, seed=SEED),
        burst(2000, 1000, seed=SEED),
        outage(10, outage_s=120.0),
    ],
    ids=["1,000 at 10", "1,000 at 100", "2,000 at 1,000", "outage of 2 minutes"],
)
def test_no_photo_fails_or_is_lost_and_all_are_decided_in_time(load: Load) -> None:
    outcome = simulate("", [(load, SEED)])
    assert (outcome.failed, outcome.lost) == (0, 0)
    assert outcome.in_time, outcome
    assert outcome.transitions <= MOST_TRANSITIONS


def test_without_parking_the_same_burst_fails_photos() -> None:
    """The model shows what the state machine does, not what it was written for."""
    stage = Stage(burst(1000, 10, seed=SEED), seed=SEED)
    for name in ("Serialize", "Classify", "Filter"):
        state = stage.states[name]
        for retry in state["Retry"]:
            retry["MaxAttempts"] = 5
        state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "RecordFailure"}]
    stage.run(until_s=300)
    failed = sum(photo.state == "failed" for photo in stage.photos)
    assert failed > 100


def test_without_a_drain_parked_photos_stay_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bursts.model.DRAIN_EVERY_S", 1e9)
    outcome = simulate("", [(outage(100, outage_s=60.0), SEED)])
    assert outcome.lost > 0


def test_the_long_form_has_the_loads_that_are_promised() -> None:
    assert (BURSTS, LIMITS) == ((200, 500, 1000, 2000, 5000), (10, 100, 1000))
