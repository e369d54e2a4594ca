"""Confusion of predictions and human labels, and agreement between reviewers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitoring.statistics.proportions import Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Counts by predicted class (rows) and human label (columns)."""

    predicted: tuple[str, ...]
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Confusion":
        """Count pairs of (prediction, human label)."""
        counts = Counter(pairs)
        predicted = tuple(sorted({pair[0] for pair in counts}))
        labels = tuple(sorted({pair[1] for pair in counts}))
        return cls(
            predicted=predicted,
            labels=labels,
            counts=tuple(tuple(counts[row, column] for column in labels) for row in predicted),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often two reviewers give the same label, as a share and beyond chance."""

    pairs: int
    same: Interval
    kappa: float | None  # Cohen's; None where chance alone explains everything


def agreement(labels_by_photo: Iterable[Sequence[str]]) -> Agreement:
    """Compare each photo's first label with each further one."""
    pairs = [(first, other) for first, *others in filter(None, labels_by_photo) for other in others]
    n = len(pairs)
    same = sum(first == other for first, other in pairs)
    ours, theirs = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    chance = sum(ours[name] * theirs[name] for name in ours) / n**2 if n else 1.0
    kappa = (same / n - chance) / (1 - chance) if chance < 1 else None
    return Agreement(pairs=n, same=wilson(same, n), kappa=kappa)
