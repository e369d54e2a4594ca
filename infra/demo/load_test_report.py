"""When a load test uploads its photos, and what it measured: values, without a stage."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.operations.outcomes import Outcome
    from monitoring.reconciliation.checker import ConservationResult

PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How photos arrive: `per_second` on average, `burst` of them at once."""

    per_second: float
    minutes: float
    burst: int = 1

    @property
    def photos(self) -> int:
        """The number of photos, at least 1."""
        return max(1, round(self.per_second * self.minutes * 60))

    def due(self) -> Iterator[float]:
        """Yield, for each photo, the seconds after the start at which to upload it."""
        for number in range(self.photos):
            yield (number // self.burst) * self.burst / self.per_second


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSample:
    """The stage at one moment of the load test."""

    seconds: float  # since the first upload
    uploaded: int
    in_flight: int
    queues: dict[str, int]  # messages of each


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTestReport:
    """The result of a load test."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    samples: tuple[LoadSample, ...]
    conservation: ConservationResult
    behind_s: float  # delay of the last upload; above 1 s this machine cannot keep the rate
    seconds: float  # from the first upload to the last outcome
    peak_memory_mb: float

    @property
    def totals(self) -> dict[str, int]:
        """`photos`, and the number of photos by outcome."""
        counted = Counter(outcome.outcome for outcome in self.outcomes)
        return {"photos": len(self.outcomes), **dict(sorted(counted.items()))}

    @property
    def latencies(self) -> dict[str, float]:
        """Seconds from upload to outcome, as p50, p95, p99 and max; empty without an outcome."""
        seconds = sorted(
            outcome.seconds for outcome in self.outcomes if outcome.seconds is not None
        )
        if not seconds:
            return {}
        ranks = {f"p{rank}": percentile(seconds, rank) for rank in PERCENTILES}
        return {**ranks, "max": seconds[-1]}

    @property
    def conserved(self) -> bool:
        """Whether every uploaded photo ended and all records of it agree."""
        result = self.conservation
        return result.conserved and result.totals["received"] == len(self.outcomes)


def percentile(ascending: list[float], rank: float) -> float:
    """Return the smallest value that at least `rank` % of the values do not exceed.

    This is the nearest-rank percentile: one of the values, never an interpolated one. `rank` is
    from 0 to 100; the list must not be empty.
    """
    return ascending[max(0, math.ceil(rank / 100 * len(ascending)) - 1)]
