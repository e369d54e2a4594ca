"""Three estimates of a model's accuracy, each with its own blind spot.

Reviewers see the difficult photos, so the accuracy on their labels alone is too low by 20 points
and more. The mean confidence of the model (CBPE: confidence-based performance estimation) is exact
while the model is calibrated and does not notice when it no longer is. A random audit of the
automatic decisions detects both.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitoring.statistics.distributions import binomial_at_least, normal_quantile
from monitoring.statistics.proportions import Interval, clopper_pearson
from monitoring.statistics.severity import P_ACT, P_WATCH, TestResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Photos of one kind, how many of them have a label, and on how many the model is right."""

    photos: int
    labelled: int
    right: int

    @property
    def accuracy(self) -> Interval:
        """The exact 95 % interval among the labelled photos, with finite-population correction.

        Its width is zero where every photo has a label.
        """
        exact = clopper_pearson(self.right, self.labelled)
        unseen = math.sqrt(1 - self.labelled / self.photos) if self.photos else 1.0
        share = exact.value
        if not self.labelled:
            return exact
        return Interval(
            value=share,
            low=share - (share - exact.low) * unseen,
            high=share + (exact.high - share) * unseen,
        )


def expected_accuracy(confidences: Sequence[float] | npt.NDArray[np.float64]) -> Interval:
    """CBPE: the mean confidence, with the 95 % interval of a Poisson binomial share.

    NaN within (0, 1) where there are no confidences.
    """
    chances = np.asarray(confidences, dtype=np.float64)
    if not len(chances):
        return Interval(value=math.nan, low=0.0, high=1.0)
    value = float(chances.mean())
    half = normal_quantile(0.975) * math.sqrt(float((chances * (1 - chances)).sum())) / len(chances)
    return Interval(value=value, low=max(0.0, value - half), high=min(1.0, value + half))


def stratified_accuracy(strata: Sequence[Stratum]) -> Interval | None:
    """The accuracy over all photos; None where a stratum has photos and no label.

    The intervals of the strata are combined by MOVER (Zou and Donner 2008), which keeps their
    asymmetry: near 100 % there is much more room below than above.
    """
    present = [stratum for stratum in strata if stratum.photos]
    total = sum(stratum.photos for stratum in present)
    if not total or any(not stratum.labelled for stratum in present):
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


def more_errors_than_expected(
    errors: int, audited: int, *, expected_share: float, margin: float
) -> TestResult:
    """Test whether audits find more wrong assignments than the model's confidence predicts.

    Exact one-sided binomial test of `errors` among `audited` (at least 1) against
    `expected_share + margin`; `margin` is the calibration error of the model's evaluation.
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
    """Return the smallest count whose upper tail is below p; n + 1 where there is no such count."""
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        if binomial_at_least(middle, n, share) < p:
            high = middle
        else:
            low = middle + 1
    return low
