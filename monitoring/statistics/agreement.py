"""What people said against what the model said, and against each other."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitoring.statistics.proportions import Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Counts by what was predicted (rows) and what people saw (columns)."""

    predicted: tuple[str, ...]
    seen: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Confusion":
        """From pairs of prediction and verdict."""
        counts = Counter(pairs)
        predicted = tuple(sorted({pair[0] for pair in counts}))
        seen = tuple(sorted({pair[1] for pair in counts}))
        return cls(
            predicted=predicted,
            seen=seen,
            counts=tuple(tuple(counts[row, column] for column in seen) for row in predicted),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often two people said the same of one photo, and how often beyond chance."""

    pairs: int
    same: Interval
    kappa: float | None  # Cohen's; None where chance alone explains everything


def agreement(answers: Iterable[Sequence[str]]) -> Agreement:
    """Each photo's first answer against each further one."""
    pairs = [(first, other) for first, *others in filter(None, answers) for other in others]
    n = len(pairs)
    same = sum(first == other for first, other in pairs)
    ours, theirs = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    chance = sum(ours[name] * theirs[name] for name in ours) / n**2 if n else 1.0
    kappa = (same / n - chance) / (1 - chance) if chance < 1 else None
    return Agreement(pairs=n, same=wilson(same, n), kappa=kappa)
