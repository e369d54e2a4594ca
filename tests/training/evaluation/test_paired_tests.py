"""The paired test and interval of two models' difference."""

import numpy as np
import pytest
from scipy.stats import binomtest

from training.evaluation.paired_tests import compare_paired


@pytest.mark.parametrize(
    ("won", "lost"), [(0, 0), (1, 0), (3, 3), (5, 1), (0, 9), (12, 30), (400, 350)]
)
def test_p_is_that_of_mcnemars_exact_test(won: int, lost: int) -> None:
    of = won + lost + 5
    candidate = np.arange(of) < won
    current = (np.arange(of) >= won) & (np.arange(of) < won + lost)
    figure = compare_paired(current, candidate, margin=0.0)
    assert (figure.won, figure.lost, figure.of) == (won, lost, of)
    expected = binomtest(won, won + lost, 0.5).pvalue if won + lost else 1.0
    assert figure.two_sided_p == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("gain", "loss"), [(0.05, 0.05), (0.1, 0.02), (0.3, 0.1), (0.06, 0.0)])
def test_interval_covers_the_true_difference_as_often_as_it_states(
    gain: float, loss: float
) -> None:
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        chance = generator.random(200)
        won, lost = chance < gain, (chance >= gain) & (chance < gain + loss)
        figure = compare_paired(lost, won, margin=0.0)
        low, high = figure.interval(0.95)
        assert low <= figure.difference <= high
        covered += low <= gain - loss <= high
    assert covered >= 0.92 * 400


def test_interval_without_photos_excludes_nothing() -> None:
    none = np.zeros(0, dtype=np.bool_)
    figure = compare_paired(none, none, margin=0.0)
    assert (figure.interval(0.95), figure.two_sided_p) == ((-1.0, 1.0), 1.0)
