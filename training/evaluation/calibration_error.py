"""How far confidence is from accuracy.

The usual estimate counts chance as error: even a perfect model's bins miss their mark. The debiased
one takes much of that off again, and nearly all where the true error is larger than chance (Kumar,
Liang and Ma 2019, "Verified uncertainty calibration"; their draws of each bin's accuracy have a
closed form, so none are drawn here).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Photos of about the same confidence."""

    count: int
    confidence: float  # mean
    accuracy: float

    @property
    def gap(self) -> float:
        """Between the two."""
        return abs(self.confidence - self.accuracy)

    @property
    def gap_by_chance_too(self) -> float:
        """The mean of the gap if the accuracy were drawn anew: a folded normal distribution's."""
        spread = math.sqrt(self.accuracy * (1 - self.accuracy) / self.count)
        if spread == 0:
            return self.gap
        ratio = self.gap / spread
        return spread * math.sqrt(2 / math.pi) * math.exp(-(ratio**2) / 2) + self.gap * math.erf(
            ratio / math.sqrt(2)
        )


def bins_of(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = BINS
) -> list[Bin]:
    """Equally many photos in each, by the confidence in the likeliest class."""
    confidence = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    order = np.argsort(confidence, kind="stable")
    return [
        Bin(
            count=len(rows),
            confidence=float(confidence[rows].mean()),
            accuracy=float(right[rows].mean()),
        )
        for rows in np.array_split(order, bins)
        if len(rows)
    ]


def calibration_error(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = BINS
) -> float:
    """Expected calibration error: the mean gap of confidence and accuracy, in equal-size bins."""
    found = bins_of(probabilities, labels, bins)
    return sum(each.gap * each.count for each in found) / len(labels)


def debiased_calibration_error(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = BINS
) -> float:
    """The same without what chance adds; not below 0."""
    found = bins_of(probabilities, labels, bins)
    excess = sum((2 * each.gap - each.gap_by_chance_too) * each.count for each in found)
    return max(0.0, excess / len(labels))
