"""How often is the model right? Three answers, each with what it cannot see.

Reviewers see the hard photos, so their labels alone are wrong by 20 points and more. The
model's own confidence (CBPE) is exact while it is calibrated, and blind to the day on which it
is not. A random audit among the photos that nobody would have looked at sees both.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitoring.statistics.distributions import binomial_at_least, normal_quantile
from monitoring.statistics.proportions import Interval, clopper_pearson, wilson
from monitoring.statistics.results import P_ACT, P_WATCH, TestResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Photos of one kind, and how many of them somebody judged."""

    photos: int
    judged: int
    right: int

    @property
    def accuracy(self) -> Interval:
        """The exact interval among the judged ones; nothing is uncertain where all were judged."""
        exact = clopper_pearson(self.right, self.judged)
        unseen = math.sqrt(1 - self.judged / self.photos) if self.photos else 1.0
        share = exact.value
        if not self.judged:
            return exact
        return Interval(
            value=share,
            low=share - (share - exact.low) * unseen,
            high=share + (exact.high - share) * unseen,
        )


def expected_accuracy(confidences: Sequence[float] | npt.NDArray[np.float64]) -> Interval:
    """CBPE: the mean confidence, and the error of a sample of so many coins."""
    chances = np.asarray(confidences, dtype=np.float64)
    if not len(chances):
        return Interval(value=math.nan, low=0.0, high=1.0)
    value = float(chances.mean())
    half = normal_quantile(0.975) * math.sqrt(float((chances * (1 - chances)).sum())) / len(chances)
    return Interval(value=value, low=max(0.0, value - half), high=min(1.0, value + half))


def stratified_accuracy(strata: Sequence[Stratum]) -> Interval | None:
    """The accuracy over all photos; None where a stratum has photos and no judgement.

    The strata's intervals are joined by Zou and Donner's method (MOVER), which keeps their
    lopsidedness: near 100 % there is much more room below than above.
    """
    present = [stratum for stratum in strata if stratum.photos]
    total = sum(stratum.photos for stratum in present)
    if not total or any(not stratum.judged for stratum in present):
        return None
    weighted = [(stratum.photos / total, stratum.accuracy) for stratum in present]
    value = math.fsum(weight * part.value for weight, part in weighted)
    below = math.fsum((weight * (part.value - part.low)) ** 2 for weight, part in weighted)
    above = math.fsum((weight * (part.high - part.value)) ** 2 for weight, part in weighted)
    return Interval(
        value=value,
        low=max(0.0, value - math.sqrt(below)),
        high=min(1.0, value + math.sqrt(above)),
    )


def calibration_error(
    confidences: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], *, bins: int = 15
) -> float:
    """ECE: how far confidence and accuracy lie apart, over bins of equal width."""
    if not len(confidences):
        return math.nan
    cells = np.minimum((confidences * bins).astype(int), bins - 1)
    counts = np.bincount(cells, minlength=bins)
    gaps = np.bincount(cells, weights=confidences - right, minlength=bins)
    return float(np.abs(gaps).sum() / counts.sum())


def more_errors_than_expected(
    errors: int, audited: int, *, expected_share: float, margin: float
) -> TestResult:
    """Do audits find more wrong assignments than the model's confidence admits? Exact, one-sided.

    `margin` is what calibration was off by when the model was evaluated.
    """
    admitted = min(max(expected_share + margin, 1e-9), 1.0)
    share = errors / audited
    return TestResult(
        test="exact binomial",
        n=audited,
        baseline_n=0,
        statistic=float(errors),
        critical_watch=float(_needed(audited, admitted, P_WATCH)),
        critical_act=float(_needed(audited, admitted, P_ACT)),
        p=binomial_at_least(errors, audited, admitted),
        effect=max(0.0, share - admitted),
        direction=int(share > admitted),
    )


def _needed(n: int, share: float, p: float) -> int:
    """The smallest count that chance reaches less often than p; n + 1 where none does."""
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        if binomial_at_least(middle, n, share) < p:
            high = middle
        else:
            low = middle + 1
    return low


def share_right(right: int, judged: int) -> Interval:
    """The accuracy of one group, as it is shown in tables."""
    return wilson(right, judged)
