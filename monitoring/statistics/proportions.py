"""Shares with confidence intervals, and tests of shares against a baseline's."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from monitoring.statistics.distributions import (
    beta_quantile,
    chi2_quantile,
    chi2_tail,
    hypergeometric_at_least,
    normal_quantile,
    normal_two_sided,
)
from monitoring.statistics.severity import P_ACT, P_WATCH, TestResult

_FEW = 10.0
"""Below this expected count in a cell the exact test is used: the normal tail is too light."""
_SMALLEST_P = 1e-300  # the smallest p with a finite z
_DRAWS = 40_000
_NEAR = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A value and its confidence bounds; the value is NaN where n is 0."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """A count of a total, with its 95 % Wilson interval; the value is 0 where the total is 0."""

    count: int
    of: int
    value: float
    low: float
    high: float

    def to_wire(self) -> dict[str, float]:
        """Return JSON values, rounded to five decimals."""
        return {name: round(value, 5) for name, value in asdict(self).items()}

    def __str__(self) -> str:
        return (
            f"{100 * self.value:.1f} % ({self.count}/{self.of}; "
            f"{100 * self.low:.1f} to {100 * self.high:.1f})"
        )


def proportion(count: int, of: int) -> Proportion:
    """Return count / of with its 95 % Wilson interval; 0 to 1 where `of` is 0."""
    interval = wilson(count, of)
    value = interval.value if of else 0.0
    return Proportion(count=count, of=of, value=value, low=interval.low, high=interval.high)


def wilson(k: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Return k / n with Wilson's score interval (Wilson 1927); 0 <= k <= n."""
    if n == 0:
        return Interval(value=math.nan, low=0.0, high=1.0)
    z = normal_quantile((1 + confidence) / 2)
    share, weight = k / n, z * z / n
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    low = 0.0 if k == 0 else middle - half
    return Interval(value=share, low=low, high=1.0 if k == n else middle + half)


def clopper_pearson(k: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Return k / n with the exact interval, which covers at least as often as it states.

    Source: Clopper and Pearson 1934.
    """
    if n == 0:
        return Interval(value=math.nan, low=0.0, high=1.0)
    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else beta_quantile(tail, k, n - k + 1)
    high = 1.0 if k == n else beta_quantile(1 - tail, k + 1, n - k)
    return Interval(value=k / n, low=low, high=high)


def error_rate_bound(errors: int, trials: int, *, confidence: float) -> float:
    """Return the exact one-sided upper bound on an error rate (Clopper and Pearson 1934).

    The highest rate at which so few errors among `trials` (at least 1) still have a probability of
    1 - confidence.
    """
    return clopper_pearson(errors, trials, confidence=2 * confidence - 1).high


def two_shares(k: int, n: int, baseline_k: int, baseline_n: int) -> TestResult:
    """Test k / n against baseline_k / baseline_n, two-sided; both n are at least 1.

    The pooled z test, or Fisher's exact test (twice the smaller tail) for small counts. The
    statistic of the exact test is the z of the same p, so it has the same critical values.
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
    # At most k marked are drawn where at least n - k unmarked are.
    lower = hypergeometric_at_least(n - k, drawn=n, marked=total - marked, total=total)
    return min(1.0, 2 * min(upper, lower))


def several_shares(counts: Mapping[str, int], baseline: Mapping[str, int]) -> TestResult:
    """Test a mix of any number of kinds against the baseline's; neither mix is empty.

    Pearson's chi-squared; for small counts its exact null distribution, by simulation with a
    fixed seed.
    """
    kinds = sorted(kind for kind in {*counts, *baseline} if counts.get(kind) or baseline.get(kind))
    ours = np.array([counts.get(kind, 0) for kind in kinds])
    theirs = np.array([baseline.get(kind, 0) for kind in kinds])
    n, m = int(ours.sum()), int(theirs.sum())
    shift = ours / n - theirs / m
    both, df = ours + theirs, max(len(kinds) - 1, 1)
    statistic = float(_chi2(ours, both, n, m))
    watch, act = chi2_quantile(P_WATCH, df), chi2_quantile(P_ACT, df)
    p = chi2_tail(statistic, df) if len(kinds) > 1 else 1.0
    # Simulation is slow, so it runs only where it could change the severity.
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
    """Return Pearson's statistic of two rows with the same margins, along the last axis."""
    expected = both * (n / (n + m))
    result: np.ndarray = ((ours - expected) ** 2 / expected).sum(axis=-1) * ((n + m) / m)
    return result
