"""The report's error rates on few windows; `python -m monitoring.simulation` takes many."""

import pytest

from monitoring.simulation.accuracy import simulate_accuracy
from monitoring.simulation.false_alarms import rates
from monitoring.simulation.population import Population
from monitoring.simulation.replays import simulate_replays

QUIET = Population()


def share(test: str, population: Population, n: int, *, windows: int = 100) -> float:
    measured = rates(QUIET, actual=population, sizes=(n,), windows=windows, baselines=1, seed=4)
    return next(rate.watch_share for rate in measured if rate.test == test)


def test_no_test_raises_more_false_alarms_than_its_nominal_rate() -> None:
    """At most 3 % of 400 windows where 1 % is nominal; the seed is fixed."""
    measured = list(rates(QUIET, actual=QUIET, sizes=(100,), windows=400, baselines=4, seed=3))
    assert len(measured) == 7
    assert {rate.test: rate.watch_share for rate in measured if rate.watch_share > 0.03} == {}


@pytest.mark.parametrize(
    ("test", "population", "least"),
    [
        ("vehicle mix, z", QUIET.shifted(first_share=0.7), 0.85),
        ("confidence, Wasserstein", QUIET.shifted(sure_share=0.65), 0.80),
        ("brightness, Welch", QUIET.shifted(quality_shift={"brightness": 0.5}), 0.93),
    ],
)
def test_changes_that_matter_are_detected_at_a_hundred_photos(
    test: str, population: Population, least: float
) -> None:
    assert share(test, population, 100) >= least


def test_the_audited_accuracy_covers_the_truth_where_the_estimate_is_off() -> None:
    result = simulate_accuracy(
        "over-confident",
        QUIET.shifted(honesty=0.905),
        n=1_000,
        audit_share=0.05,
        windows=300,
        seed=5,
    )
    assert result.covered >= 0.93
    assert result.estimated > 0.07
    assert result.reviewed_only < -0.15
    assert abs(result.audited) < 0.01


def test_quiet_days_have_hardly_any_act_verdict() -> None:
    result = simulate_replays(QUIET, a_day=60, replays=1, days=10, seed=6)
    assert result.verdicts["ACT"] <= 1
    assert sum(result.verdicts.values()) == 10
