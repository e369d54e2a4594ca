"""Mean and deviation of a figure over several seeds; free of torch, for the command line."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSpread:
    """One figure as measured with several seeds."""

    values: tuple[float, ...]  # one a seed, 0..1

    @property
    def mean(self) -> float:
        """Return the mean over the seeds, 0..1."""
        return float(np.mean(self.values))

    @property
    def deviation(self) -> float:
        """Return the sample's standard deviation; NaN for one seed."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else float("nan")

    def __str__(self) -> str:
        values = ", ".join(f"{100 * value:.1f}" for value in self.values)
        return f"{100 * self.mean:.2f} ± {100 * self.deviation:.2f} % ({values})"
