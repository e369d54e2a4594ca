"""Expected calibration error: the difference of confidence and accuracy.

The usual estimate counts chance as error: even a perfect model's bins differ from their mean
confidence. The debiased one subtracts much of that, and nearly all where the true error is larger
than chance (Kumar, Liang and Ma 2019, "Verified uncertainty calibration"; their draws of each bin's
accuracy have a closed form, which is used here).
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
    confidence: float  # mean, 0..1
    accuracy: float  # share that is right, 0..1

    @property
    def gap(self) -> float:
        """Return the absolute difference of confidence and accuracy."""
        return abs(self.confidence - self.accuracy)

    @property
    def gap_by_chance_too(self) -> float:
        """Return the expected gap if the accuracy were drawn again.

        It is the mean of a folded normal distribution around the gap.
        """
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
    """Sort the photos into bins of equal size, by the confidence in the most probable class.

    `probabilities` has the shape (N, classes), `labels` (N,).
    """
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
    """Return the mean gap of confidence and accuracy over equal-size bins, 0..1."""
    cells = bins_of(probabilities, labels, bins)
    return sum(cell.gap * cell.count for cell in cells) / len(labels)


def debiased_calibration_error(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = BINS
) -> float:
    """Return the same less what chance adds, 0..1."""
    cells = bins_of(probabilities, labels, bins)
    excess = sum((2 * cell.gap - cell.gap_by_chance_too) * cell.count for cell in cells)
    return max(0.0, excess / len(labels))
