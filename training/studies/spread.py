"""A figure from several seeds."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSpread:
    """One figure, once a seed."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(np.mean(self.values))

    @property
    def deviation(self) -> float:
        """Of a sample; nothing can be said from one seed."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else float("nan")

    def __str__(self) -> str:
        each = ", ".join(f"{100 * value:.1f}" for value in self.values)
        return f"{100 * self.mean:.2f} ± {100 * self.deviation:.2f} % ({each})"
