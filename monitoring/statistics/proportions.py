"""Counts: shares with their intervals, and shares against a baseline's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from monitoring.statistics.distributions import (
    beta_quantile,
    chi2_quantile,
    chi2_tail,
    hypergeometric_at_least,
    normal_quantile,
    normal_two_sided,
)
from monitoring.statistics.results import P_ACT, P_WATCH, TestResult

_FEW = 10.0
"""With fewer expected in a cell the exact law is used: the normal one has too light a tail."""
_SMALLEST_P = 1e-300  # whose z is still a number
_DRAWS = 40_000
_NEAR = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure between two bounds."""

    value: float
    low: float
    high: float


def wilson(k: int, n: int, *, confidence: float = 0.95) -> Interval:
    """A share with Wilson's interval: right on average, and short."""
    if n == 0:
        return Interval(value=math.nan, low=0.0, high=1.0)
    z = normal_quantile((1 + confidence) / 2)
    share, weight = k / n, z * z / n
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    low = 0.0 if k == 0 else middle - half
    return Interval(value=share, low=low, high=1.0 if k == n else middle + half)


def clopper_pearson(k: int, n: int, *, confidence: float = 0.95) -> Interval:
    """A share with the exact interval: never covers less than it says."""
    if n == 0:
        return Interval(value=math.nan, low=0.0, high=1.0)
    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else beta_quantile(tail, k, n - k + 1)
    high = 1.0 if k == n else beta_quantile(1 - tail, k + 1, n - k)
    return Interval(value=k / n, low=low, high=high)


def two_shares(k: int, n: int, baseline_k: int, baseline_n: int) -> TestResult:
    """Two shares: the pooled z test, exact (Fisher, twice the smaller tail) for small counts.

    The exact test's statistic is the z of equal p, so that it can be held against the same
    critical values.
    """
    shift = k / n - baseline_k / baseline_n
    pooled = (k + baseline_k) / (n + baseline_n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / baseline_n))
    z = shift / error if error else 0.0
    few = n * min(pooled, 1 - pooled) < _FEW
    p = _fisher(k, n, baseline_k, baseline_n) if few else normal_two_sided(z)
    if few:
        z = math.copysign(-normal_quantile(max(p, _SMALLEST_P) / 2), shift)
    return TestResult(
        test="Fisher's exact, as z" if few else "two shares, z",
        n=n,
        baseline_n=baseline_n,
        statistic=z,
        critical_watch=normal_quantile(1 - P_WATCH / 2),
        critical_act=normal_quantile(1 - P_ACT / 2),
        p=p,
        effect=abs(shift),
        direction=(shift > 0) - (shift < 0),
    )


def _fisher(k: int, n: int, baseline_k: int, baseline_n: int) -> float:
    marked, total = k + baseline_k, n + baseline_n
    upper = hypergeometric_at_least(k, drawn=n, marked=marked, total=total)
    # As many marked ones or fewer: as many unmarked ones or more.
    lower = hypergeometric_at_least(n - k, drawn=n, marked=total - marked, total=total)
    return min(1.0, 2 * min(upper, lower))


def several_shares(counts: Mapping[str, int], baseline: Mapping[str, int]) -> TestResult:
    """A mix of any number of kinds: chi-squared, by its exact law (drawn) for small counts."""
    kinds = sorted(kind for kind in {*counts, *baseline} if counts.get(kind) or baseline.get(kind))
    ours = np.array([counts.get(kind, 0) for kind in kinds])
    theirs = np.array([baseline.get(kind, 0) for kind in kinds])
    n, m = int(ours.sum()), int(theirs.sum())
    shift = ours / n - theirs / m
    both, df = ours + theirs, max(len(kinds) - 1, 1)
    statistic = float(_chi2(ours, both, n, m))
    watch, act = chi2_quantile(P_WATCH, df), chi2_quantile(P_ACT, df)
    p = chi2_tail(statistic, df) if len(kinds) > 1 else 1.0
    # The exact law costs: it is drawn where it could make a difference.
    few = p < _NEAR and bool((both * n / (n + m) < _FEW).any())
    if few:
        random = np.random.default_rng(20_261_122)
        drawn = random.multivariate_hypergeometric(both, n, size=_DRAWS, method="marginals")
        null = np.sort(_chi2(drawn, both, n, m))
        watch, act = (float(np.quantile(null, 1 - level)) for level in (P_WATCH, P_ACT))
        p = float(np.count_nonzero(null >= statistic - 1e-9) + 1) / (_DRAWS + 1)
    return TestResult(
        test="chi-squared, exact" if few else "chi-squared",
        n=n,
        baseline_n=m,
        statistic=statistic,
        critical_watch=watch,
        critical_act=act,
        p=p,
        effect=float(np.abs(shift).max()),
        direction=0,
    )


def _chi2(ours: "np.ndarray", both: "np.ndarray", n: int, m: int) -> "np.ndarray":
    """Pearson's statistic of two rows with the same margins, along the last axis."""
    expected = both * (n / (n + m))
    result: np.ndarray = ((ours - expected) ** 2 / expected).sum(axis=-1) * ((n + m) / m)
    return result
