"""Paired tests of two models on the same photos: is one better than the other?"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedComparison:
    """One figure of a current model and a candidate; a photo is good or not for each of them."""

    of: int  # photos
    current: int  # good photos
    candidate: int
    won: int  # good for the candidate alone
    lost: int  # good for the current model alone
    margin: float  # share of `of`, 0..1, that the candidate may lose without counting as worse

    @property
    def difference(self) -> float:
        """Return the candidate's share less the current model's, -1..1."""
        return (self.won - self.lost) / self.of if self.of else 0.0

    def is_better(self, confidence: float, questions: int) -> bool:
        """Apply McNemar's exact test, one-sided.

        `questions` tests share the chance of error (Bonferroni).
        """
        return _chance(self.won, self.lost) <= (1 - confidence) / questions

    def is_worse(self, confidence: float, questions: int) -> bool:
        """Apply the same test in the other direction."""
        return _chance(self.lost, self.won) <= (1 - confidence) / questions

    def is_not_inferior(self, confidence: float) -> bool:
        """Whether a loss of more than the margin can be excluded."""
        return self.lowest_difference(confidence) >= -self.margin

    def lowest_difference(self, confidence: float) -> float:
        """Return the one-sided lower bound of the difference, -1..1.

        Agresti and Min 2005: half a photo is added to each cell.
        """
        if not self.of:
            return -1.0
        middle, spread = self._adjusted()
        return middle - NormalDist().inv_cdf(confidence) * spread

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the two-sided bounds of the difference, -1..1, by the same method.

        They are too narrow where the models differ on fewer than about ten photos.
        """
        if not self.of:
            return -1.0, 1.0
        middle, spread = self._adjusted()
        reach = NormalDist().inv_cdf((1 + confidence) / 2) * spread
        return max(-1.0, middle - reach), min(1.0, middle + reach)

    @property
    def two_sided_p(self) -> float:
        """Return p of McNemar's exact test, two-sided: twice the smaller tail, at most 1."""
        return min(1.0, 2 * min(_chance(self.won, self.lost), _chance(self.lost, self.won)))

    def _adjusted(self) -> tuple[float, float]:
        """Return the middle and the standard error of the difference."""
        won, lost, of = self.won + 0.5, self.lost + 0.5, self.of + 2
        return (won - lost) / of, math.sqrt(won + lost - (won - lost) ** 2 / of) / of

    def to_wire(self) -> dict[str, float]:
        """Return the figure with its tests as JSON values."""
        return {
            "of": self.of,
            "current": self.current,
            "candidate": self.candidate,
            "won": self.won,
            "lost": self.lost,
            "difference": round(self.difference, 5),
            "lowest_difference_95": round(self.lowest_difference(0.95), 5),
            "chance_if_equal": round(_chance(self.won, self.lost), 6),
            "margin": self.margin,
        }

    def __str__(self) -> str:
        return (
            f"{self.candidate} against {self.current} of {self.of} "
            f"({self.won} won, {self.lost} lost)"
        )


def compare_paired(
    current: NDArray[np.bool_], candidate: NDArray[np.bool_], *, margin: float
) -> PairedComparison:
    """Count one flag a photo and model, shape (photos,) each."""
    return PairedComparison(
        of=len(current),
        current=int(current.sum()),
        candidate=int(candidate.sum()),
        won=int((candidate & ~current).sum()),
        lost=int((current & ~candidate).sum()),
        margin=margin,
    )


def _chance(won: int, lost: int) -> float:
    """Return the probability of `won` or more wins if winning and losing were equally likely."""
    trials = won + lost
    total = sum(math.comb(trials, count) for count in range(won, trials + 1))
    return float(total / 2**trials)
