"""Our tests against scipy's, on random data with and without ties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from monitoring.statistics.proportions import (
    clopper_pearson,
    error_rate_bound,
    proportion,
    several_shares,
    two_shares,
    wilson,
)
from monitoring.statistics.two_samples import (
    Floats,
    Reference,
    kolmogorov_smirnov,
    stability_index,
    wasserstein,
    welch,
)

RANDOM = np.random.default_rng(7)
BASELINE = RANDOM.beta(14, 1, 1_000)
SAMPLES = {
    "quiet": RANDOM.beta(14, 1, 200),
    "lower": RANDOM.beta(5, 1, 80),
    "rounded": np.round(RANDOM.beta(14, 1, 333), 2),
    "few": RANDOM.beta(2, 2, 3),
}


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference.of(np.round(BASELINE, 4))


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_distances_of_samples(sample: Floats, reference: Reference) -> None:
    theirs = stats.ks_2samp(sample, reference.values, method="asymp")
    ours = kolmogorov_smirnov(sample, reference)
    assert ours.statistic == pytest.approx(theirs.statistic, abs=1e-9)
    assert ours.direction == -theirs.statistic_sign
    spread = np.sqrt(1 / len(sample) + 1 / reference.n)
    assert ours.p == pytest.approx(stats.kstwobign.sf(theirs.statistic / spread), abs=1e-9)
    assert ours.critical_watch == pytest.approx(1.6276 * spread, rel=1e-4)
    assert ours.critical_act == pytest.approx(1.9495 * spread, rel=1e-4)
    distance = stats.wasserstein_distance(sample, reference.values)
    expected = distance / np.std(reference.values, ddof=1)
    assert wasserstein(sample, reference).statistic == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_means(sample: Floats, reference: Reference) -> None:
    theirs = stats.ttest_ind(sample, reference.values, equal_var=False)
    ours = welch(sample, reference)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-9)
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert ours.critical_watch == pytest.approx(stats.t.isf(0.005, theirs.df), rel=1e-9)


def test_a_figure_that_never_varies_is_compared_all_the_same(reference: Reference) -> None:
    constant = Reference.of(np.full(100, 0.5))
    assert welch(np.full(60, 0.5), constant).p == 1
    assert welch(np.full(60, 0.6), constant).p == 0
    assert wasserstein(np.full(60, 0.5), constant).p == 1
    assert kolmogorov_smirnov(np.full(60, 0.6), constant).p < 1e-6
    assert stability_index(np.full(60, 0.5), constant).p > 0.5
    assert wasserstein(reference.values, reference).p == 1


def test_the_limit_law_of_the_distance_is_that_of_kolmogorov_for_a_uniform_figure() -> None:
    """∫|B| of a Brownian bridge: mean √(π/32) over the unit interval (a known constant)."""
    uniform = Reference.of(np.linspace(0, 1, 5_001))
    n = 100_000
    draws = uniform.unchanged_distances(n) * uniform.sd / np.sqrt(1 / n + 1 / 5_001)
    assert draws.mean() == pytest.approx(np.sqrt(np.pi / 32), rel=0.01)


def test_the_law_of_the_distance_is_that_of_real_samples_where_they_are_small() -> None:
    reference, random = Reference.of(BASELINE), np.random.default_rng(3)
    # The samples come from the baseline itself, whose noise, which the law includes, is small.
    distances = [
        stats.wasserstein_distance(random.choice(BASELINE, 40), BASELINE) for _ in range(4_000)
    ]
    expected = reference.unchanged_distances(40) * reference.sd
    for level in (0.5, 0.9, 0.99):
        theirs = np.quantile(distances, level)
        assert np.quantile(expected, level) == pytest.approx(theirs, rel=0.06)


def test_psi_follows_chi_squared_and_its_critical_value_knows_n(reference: Reference) -> None:
    small = stability_index(SAMPLES["quiet"], reference)
    scale = 1 / 200 + 1 / 1_000
    assert small.critical_watch == pytest.approx(stats.chi2.isf(0.01, 9) * scale, rel=1e-9)
    assert small.p == pytest.approx(stats.chi2.sf(small.statistic / scale, 9), rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (3, 17), (420, 1_000), (1, 50_000)])
def test_intervals_of_shares(k: int, n: int) -> None:
    for own, name in ((wilson, "wilson"), (clopper_pearson, "exact")):
        theirs = stats.binomtest(k, n).proportion_ci(0.95, method=name)
        assert own(k, n).low == pytest.approx(theirs.low, abs=1e-9)
        assert own(k, n).high == pytest.approx(theirs.high, abs=1e-9)
    nothing = wilson(0, 0)
    assert (nothing.low, nothing.high) == (0, 1)


@pytest.mark.parametrize(("k", "n"), [(30, 100), (60, 100), (900, 3_000)])
def test_two_shares_of_many(k: int, n: int) -> None:
    table = [[k, n - k], [2_500, 2_500]]
    chi2, p, *_ = stats.chi2_contingency(table, correction=False)
    ours = two_shares(k, n, 2_500, 5_000)
    assert ours.statistic**2 == pytest.approx(chi2, rel=1e-9)
    assert ours.p == pytest.approx(p, rel=1e-9)
    assert ours.critical_watch == pytest.approx(2.5758, rel=1e-4)


@pytest.mark.parametrize(("k", "n"), [(0, 60), (1, 60), (6, 60), (59, 60), (60, 60)])
def test_two_shares_of_few_are_exact(k: int, n: int) -> None:
    table = [[k, n - k], [100, 4_900]] if k < 30 else [[k, n - k], [4_900, 100]]
    tails = [stats.fisher_exact(table, alternative=side)[1] for side in ("less", "greater")]
    ours = two_shares(k, n, table[1][0], 5_000)
    assert ours.test == "Fisher's exact, as z"
    assert ours.p == pytest.approx(min(1, 2 * min(tails)), rel=1e-9)
    assert ours.statistic == pytest.approx(ours.direction * stats.norm.isf(ours.p / 2), rel=1e-6)
    assert (abs(ours.statistic) > ours.critical_watch) == (ours.p < 0.01)


def test_a_mix_of_many() -> None:
    ours, theirs = {"a": 300, "b": 420, "c": 90}, {"a": 2_500, "b": 2_000, "c": 500}
    chi2, p, *_ = stats.chi2_contingency([list(ours.values()), list(theirs.values())])
    result = several_shares(ours, theirs)
    assert result.statistic == pytest.approx(chi2, rel=1e-9)
    assert result.p == pytest.approx(p, rel=1e-9)
    assert result.critical_act == pytest.approx(stats.chi2.isf(0.001, 2), rel=1e-9)


def test_a_mix_of_few_is_exact() -> None:
    """A rare kind occurs twice by chance: plain chi-squared would raise a false alarm."""
    ours, theirs = {"a": 58, "rare": 2}, {"a": 4_980, "rare": 20}
    result = several_shares(ours, theirs)
    exact = stats.fisher_exact([list(ours.values()), list(theirs.values())])[1]
    assert result.test == "chi-squared, exact"
    assert result.p == pytest.approx(exact, abs=0.003)
    assert several_shares({"a": 5}, {"a": 50}).p == 1


@pytest.mark.parametrize(
    ("errors", "trials", "expected"),
    [
        (0, 598, 1 - 0.05 ** (1 / 598)),
        (0, 1, 0.95),
        (1, 100, 0.04656),
        (5, 100, 0.10225),
        (100, 100, 1.0),
    ],
)
def test_exact_bound_agrees_with_published_values(
    errors: int, trials: int, expected: float
) -> None:
    assert error_rate_bound(errors, trials, confidence=0.95) == pytest.approx(expected, abs=5e-5)


def test_six_hundred_photos_without_an_error_prove_half_a_percent() -> None:
    assert (
        error_rate_bound(0, 597, confidence=0.95)
        > 0.005
        >= error_rate_bound(0, 598, confidence=0.95)
    )


@settings(deadline=None)  # machines are shared
@given(st.integers(0, 40), st.integers(1, 2000))
def test_exact_bound_is_above_the_observed_rate(errors: int, further: int) -> None:
    trials = errors + further
    assert errors / trials < error_rate_bound(errors, trials, confidence=0.95) <= 1


def test_wilson_interval_agrees_with_published_values() -> None:
    result = proportion(95, 100)
    assert (result.low, result.high) == pytest.approx((0.88825, 0.97846), abs=5e-5)


def test_proportion_of_an_empty_total_is_unknown() -> None:
    empty = proportion(0, 0)
    assert (empty.value, empty.low, empty.high) == (0.0, 0.0, 1.0)
