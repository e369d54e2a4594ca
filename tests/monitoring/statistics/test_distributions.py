"""Our tails and quantiles against scipy's."""

import numpy as np
import pytest
from scipy import special, stats

from monitoring.statistics import distributions as own

TAILS = (0.5, 0.1, 0.05, 0.01, 0.001, 1e-6)
SIZES = (1, 2, 3.5, 9, 29, 100, 1_000.25, 50_000)


def test_normal() -> None:
    for z in np.linspace(-8, 8, 81):
        assert own.normal_two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)
    for p in TAILS:
        assert own.normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=1e-9, abs=1e-12)


def test_kolmogorov() -> None:
    for x in np.linspace(0.05, 4, 80):
        assert own.kolmogorov_tail(x) == pytest.approx(special.kolmogorov(x), rel=1e-9, abs=1e-14)
    assert own.kolmogorov_tail(0) == 1


@pytest.mark.parametrize("df", SIZES)
def test_chi_squared(df: float) -> None:
    for p in TAILS:
        x = stats.chi2.isf(p, df)
        assert own.chi2_quantile(p, df) == pytest.approx(x, rel=1e-9)
        assert own.chi2_tail(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-9)
    assert own.chi2_tail(0, df) == 1


@pytest.mark.parametrize("df", SIZES)
def test_student(df: float) -> None:
    for p in TAILS:
        t = stats.t.isf(p / 2, df)
        assert own.student_two_sided(t, df) == pytest.approx(2 * stats.t.sf(t, df), rel=1e-9)
        assert own.student_quantile(p, df) == pytest.approx(t, rel=1e-9, abs=1e-9)
    assert own.student_two_sided(float("inf"), df) == 0


@pytest.mark.parametrize("a", [0.5, 1, 3, 40, 3_000])
@pytest.mark.parametrize("b", [0.5, 1, 7, 90, 20_000])
def test_beta(a: float, b: float) -> None:
    for p in (0.001, 0.025, 0.5, 0.975, 0.999):
        x = stats.beta.ppf(p, a, b)
        assert own.beta_quantile(p, a, b) == pytest.approx(x, rel=1e-9, abs=1e-9)
        assert own.beta_cdf(x, a, b) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize(("n", "p"), [(1, 0.5), (50, 0.01), (400, 0.3), (100_000, 0.002)])
def test_binomial(n: int, p: float) -> None:
    for k in {0, 1, 2, n // 10, n // 2, n}:
        expected = stats.binom.sf(k - 1, n, p)
        assert own.binomial_at_least(k, n, p) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    ("drawn", "marked", "total"), [(10, 5, 20), (50, 40, 5_050), (300, 9, 5_300), (18, 15, 20)]
)
def test_hypergeometric(drawn: int, marked: int, total: int) -> None:
    for k in range(min(drawn, marked) + 2):
        expected = stats.hypergeom.sf(k - 1, total, marked, drawn)
        computed = own.hypergeometric_at_least(k, drawn=drawn, marked=marked, total=total)
        assert computed == pytest.approx(expected, rel=1e-9, abs=1e-15)
