"""The report's error rates on few windows; `python -m monitoring.simulation` takes many."""

import pytest

from monitoring.simulation.accuracy import simulate_accuracy
from monitoring.simulation.false_alarms import rates
from monitoring.simulation.population import Population
from monitoring.simulation.replays import simulate_replays

QUIET = Population()


def share(test: str, world: Population, n: int, *, windows: int = 100) -> float:
    found = rates(QUIET, actual=world, sizes=(n,), windows=windows, baselines=1, seed=4)
    return next(rate.watch_share for rate in found if rate.test == test)


def test_no_test_cries_more_often_than_it_says() -> None:
    """At most 3 % of 400 windows where 1 % is nominal; the seed is fixed."""
    found = list(rates(QUIET, actual=QUIET, sizes=(100,), windows=400, baselines=4, seed=3))
    assert len(found) == 7
    assert {rate.test: rate.watch_share for rate in found if rate.watch_share > 0.03} == {}


@pytest.mark.parametrize(
    ("test", "world", "least"),
    [
        ("vehicle mix, z", QUIET.shifted(first_share=0.7), 0.85),
        ("confidence, Wasserstein", QUIET.shifted(sure_share=0.65), 0.80),
        ("brightness, Welch", QUIET.shifted(quality_shift={"brightness": 0.5}), 0.93),
    ],
)
def test_changes_that_matter_are_seen_at_a_hundred_photos(
    test: str, world: Population, least: float
) -> None:
    assert share(test, world, 100) >= least


def test_the_audited_accuracy_covers_the_truth_where_the_estimate_is_off() -> None:
    found = simulate_accuracy(
        "over-confident",
        QUIET.shifted(honesty=0.905),
        n=1_000,
        audit_share=0.05,
        windows=300,
        seed=5,
    )
    assert found.covered >= 0.93
    assert found.estimated > 0.07
    assert found.reviewed_only < -0.15
    assert abs(found.audited) < 0.01


def test_quiet_days_ask_for_no_hands() -> None:
    found = simulate_replays(QUIET, a_day=60, replays=1, days=10, seed=6)
    assert found.verdicts["ACT"] <= 1
    assert sum(found.verdicts.values()) == 10
