"""Two-sample tests: do today's values and the baseline's have the same distribution?"""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from monitoring.statistics.distributions import (
    chi2_quantile,
    chi2_tail,
    kolmogorov_tail,
    student_quantile,
    student_two_sided,
)
from monitoring.statistics.severity import P_ACT, P_WATCH, TestResult

Floats = npt.NDArray[np.float64]

_DRAWS = 30_000
_DRAWS_AT_ONCE = 1_000
_DRAWN_N = (25, 35, 50, 70, 100, 140, 200, 300, 500, 1_000)
"""Sizes whose null distribution is simulated; above the last one it has its limiting form."""
_KNOTS = 64


@dataclass(frozen=True)
class Reference:
    """A baseline's values of one figure, and what can be computed from them alone."""

    values: Floats  # sorted
    _drawn: dict[int, Floats] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, values: npt.ArrayLike) -> "Reference":
        """Sort the values; they may come in any order."""
        return cls(np.sort(np.asarray(values, dtype=np.float64)))

    @property
    def n(self) -> int:
        """The number of values."""
        return len(self.values)

    @cached_property
    def mean(self) -> float:
        """The arithmetic mean of the values."""
        return float(self.values.mean())

    @cached_property
    def sd(self) -> float:
        """The sample standard deviation (ddof 1); 0 for a single value."""
        return float(self.values.std(ddof=1)) if self.n > 1 else 0.0

    def unchanged_distances(self, n: int) -> Floats:
        """Return sorted draws of W1, in sd, between n values of this distribution and itself.

        The seed is fixed. The draws are made for the next smaller size of `_DRAWN_N` and scaled to
        n: the tail is heavier for few values and approaches the limit slowly.
        """
        if self.sd == 0:
            return np.zeros(1)
        drawn = max(near for near in _DRAWN_N if near <= max(n, _DRAWN_N[0]))
        if drawn not in self._drawn:
            self._drawn[drawn] = self._draw(drawn) / _spread(drawn, self.n)
        return self._drawn[drawn] * _spread(n, self.n)

    def _draw(self, n: int) -> Floats:
        """Simulate counts between knots, less the baseline's own noise (a Brownian bridge)."""
        low, high = self.values[0], self.values[-1]
        even = np.linspace(low, high, _KNOTS)
        knots = np.union1d(even, np.quantile(self.values, np.linspace(0, 1, _KNOTS)))
        below = np.searchsorted(self.values, knots, side="right")[:-1] / self.n
        shares, widths = np.diff(below, prepend=0, append=1), np.diff(knots) / self.sd
        random = np.random.default_rng(20_261_122)
        batches = []
        for _ in range(_DRAWS // _DRAWS_AT_ONCE):
            counts = np.cumsum(random.multinomial(n, shares, size=_DRAWS_AT_ONCE), axis=1)
            noise = random.standard_normal((_DRAWS_AT_ONCE, len(shares))) * np.sqrt(shares)
            walk = np.cumsum(noise, axis=1)
            bridge = (walk[:, :-1] - below * walk[:, -1:]) / math.sqrt(self.n)
            batches.append(np.abs(counts[:, :-1] / n - below - bridge) @ widths)
        return np.sort(np.concatenate(batches))


def kolmogorov_smirnov(sample: Floats, reference: Reference) -> TestResult:
    """Test by the largest distance of the distribution functions; direction -1: lower values.

    p and critical values are those of Kolmogorov's limit distribution.
    """
    n, spread = len(sample), _spread(len(sample), reference.n)
    ordered = np.sort(sample)
    points = np.concatenate([_distinct(ordered), _distinct(reference.values)])
    difference = (
        np.searchsorted(ordered, points, side="right") / n
        - np.searchsorted(reference.values, points, side="right") / reference.n
    )
    furthest = int(np.argmax(np.abs(difference)))
    distance = float(abs(difference[furthest]))
    return TestResult(
        test="Kolmogorov–Smirnov",
        n=n,
        baseline_n=reference.n,
        statistic=distance,
        critical_watch=_ks_factor(P_WATCH) * spread,
        critical_act=_ks_factor(P_ACT) * spread,
        p=kolmogorov_tail(distance / spread),
        effect=distance,
        # More values below a point than in the baseline mean lower values.
        direction=-int(np.sign(difference[furthest])),
    )


def wasserstein(sample: Floats, reference: Reference) -> TestResult:
    """Test by the Wasserstein-1 distance, in the baseline's standard deviations.

    p and critical values come from simulation: see `Reference.unchanged_distances`.
    """
    n = len(sample)
    scale = reference.sd or 1.0
    ordered = np.sort(sample)
    points = np.sort(np.concatenate([_distinct(ordered), _distinct(reference.values)]))
    difference = (
        np.searchsorted(ordered, points[:-1], side="right") / n
        - np.searchsorted(reference.values, points[:-1], side="right") / reference.n
    )
    distance = float(np.abs(difference) @ np.diff(points)) / scale
    draws = reference.unchanged_distances(n)
    above = len(draws) - int(np.searchsorted(draws, distance))
    return TestResult(
        test="Wasserstein distance, in sd",
        n=n,
        baseline_n=reference.n,
        statistic=distance,
        critical_watch=float(np.quantile(draws, 1 - P_WATCH)),
        critical_act=float(np.quantile(draws, 1 - P_ACT)),
        p=1.0 if distance == 0 else (above + 1) / (len(draws) + 1),
        effect=distance,
        direction=int(np.sign(sample.mean() - reference.mean)),
    )


def welch(sample: Floats, reference: Reference) -> TestResult:
    """Test the means by Welch's t (1947); the effect is in the baseline's standard deviations."""
    n, m = len(sample), reference.n
    own, theirs = _squared_error(sample), _squared_error(reference.values)
    shift = float(sample.mean()) - reference.mean
    error = math.sqrt(own + theirs)
    if error == 0:
        t, df = (0.0 if shift == 0 else math.copysign(math.inf, shift)), float(n + m - 2)
    else:
        t = shift / error
        df = (own + theirs) ** 2 / (own**2 / (n - 1) + theirs**2 / (m - 1))
    return TestResult(
        test="Welch's t",
        n=n,
        baseline_n=m,
        statistic=t,
        critical_watch=student_quantile(P_WATCH, df),
        critical_act=student_quantile(P_ACT, df),
        p=student_two_sided(t, df),
        effect=abs(shift) / (reference.sd or 1.0),
        direction=int(np.sign(shift)),
    )


def stability_index(sample: Floats, reference: Reference, *, bins: int = 10) -> TestResult:
    """Return the population stability index (PSI) over the baseline's quantiles.

    Without a change it is distributed as (1/n + 1/M) times chi-squared. The customary thresholds
    0.1 and 0.2 ignore n: at a hundred photos they are exceeded on a third of unchanged days.
    """
    n = len(sample)
    inner = np.unique(np.quantile(reference.values, np.linspace(0, 1, bins + 1)[1:-1]))
    cells = len(inner) + 1
    ours = _binned(sample, inner)
    theirs = _binned(reference.values, inner)
    index = float(np.sum((ours - theirs) * np.log(ours / theirs)))
    scale, df = 1 / n + 1 / reference.n, max(cells - 1, 1)
    return TestResult(
        test="PSI",
        n=n,
        baseline_n=reference.n,
        statistic=index,
        critical_watch=chi2_quantile(P_WATCH, df) * scale,
        critical_act=chi2_quantile(P_ACT, df) * scale,
        p=chi2_tail(index / scale, df),
        effect=index,
        direction=int(np.sign(sample.mean() - reference.mean)),
    )


def _distinct(ordered: Floats) -> Floats:
    """Return each value once: 100,000 confidences of four decimals have few distinct values."""
    first: Floats = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return first


def _binned(values: Floats, inner: Floats) -> Floats:
    """Return shares with half a count added to each cell, so that every logarithm is finite."""
    counts = np.bincount(np.searchsorted(inner, values, side="left"), minlength=len(inner) + 1)
    return np.asarray((counts + 0.5) / (len(values) + 0.5 * len(counts)), dtype=np.float64)


def _squared_error(values: Floats) -> float:
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0


def _ks_factor(p: float) -> float:
    return math.sqrt(-math.log(p / 2) / 2)


def _spread(n: int, m: int) -> float:
    return math.sqrt(1 / n + 1 / m)
