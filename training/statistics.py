"""Exact and approximate intervals of a share, and the figures that use them."""

import math
from dataclasses import asdict, dataclass

_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many, with its 95 % Wilson interval."""

    count: int
    of: int
    value: float
    low: float
    high: float

    def to_wire(self) -> dict[str, float]:
        """JSON values, rounded to what the counts can support."""
        return {name: round(value, 5) for name, value in asdict(self).items()}

    def __str__(self) -> str:
        return (
            f"{100 * self.value:.1f} % ({self.count}/{self.of}; "
            f"{100 * self.low:.1f} to {100 * self.high:.1f})"
        )


def share(count: int, of: int) -> Share:
    """A share with its Wilson interval; of nothing, nothing is known."""
    if of == 0:
        return Share(count=0, of=0, value=0.0, low=0.0, high=1.0)
    value = count / of
    spread = _Z95 * math.sqrt(value * (1 - value) / of + _Z95**2 / (4 * of**2))
    middle = value + _Z95**2 / (2 * of)
    scale = 1 + _Z95**2 / of
    low = max(0.0, (middle - spread) / scale)
    high = min(1.0, (middle + spread) / scale)
    return Share(count=count, of=of, value=value, low=low, high=high)


def upper_bound(errors: int, trials: int, confidence: float) -> float:
    """Clopper and Pearson's exact one-sided bound on an error rate.

    The highest rate at which so few errors would still be seen with probability 1 - confidence.
    """
    if errors >= trials:
        return 1.0
    low, high = errors / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(errors, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(errors: int, trials: int, rate: float) -> float:
    """The binomial probability of at most so many errors."""
    if rate <= 0:
        return 1.0
    if rate >= 1:
        return 0.0
    logs = [
        math.lgamma(trials + 1)
        - math.lgamma(count + 1)
        - math.lgamma(trials - count + 1)
        + count * math.log(rate)
        + (trials - count) * math.log1p(-rate)
        for count in range(errors + 1)
    ]
    return min(1.0, math.fsum(math.exp(value) for value in logs))
