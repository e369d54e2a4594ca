"""When the photos of a stream come, and what came of them: values, without any stage."""

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
    """How photos come: on average so many a second, `burst` of them at once."""

    per_second: float
    minutes: float
    burst: int = 1

    @property
    def photos(self) -> int:
        """How many come in all."""
        return max(1, round(self.per_second * self.minutes * 60))

    def due(self) -> Iterator[float]:
        """Seconds after the start at which each photo is to come."""
        for number in range(self.photos):
            yield (number // self.burst) * self.burst / self.per_second


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSample:
    """The stage at one moment of the stream."""

    seconds: float
    uploaded: int
    in_flight: int
    queues: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReport:
    """What came of the stream."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    samples: tuple[LoadSample, ...]
    verdict: ConservationResult
    behind_s: float  # by how much the last upload was late: above a second, this machine is full
    seconds: float  # from the first upload to the last outcome
    peak_memory_mb: float

    @property
    def totals(self) -> dict[str, int]:
        """How many photos ended in which way."""
        counted = Counter(outcome.outcome for outcome in self.outcomes)
        return {"photos": len(self.outcomes), **dict(sorted(counted.items()))}

    @property
    def latencies(self) -> dict[str, float]:
        """Seconds from upload to outcome, as p50, p95, p99 and max."""
        seconds = sorted(each.seconds for each in self.outcomes if each.seconds is not None)
        if not seconds:
            return {}
        found = {f"p{rank}": percentile(seconds, rank) for rank in PERCENTILES}
        return {**found, "max": seconds[-1]}

    @property
    def conserved(self) -> bool:
        """Every photo ended, and every record of it agrees."""
        return self.verdict.conserved and self.verdict.totals["received"] == len(self.outcomes)


def percentile(ascending: list[float], rank: float) -> float:
    """The value that `rank` % of all values do not exceed: one that occurred (nearest rank)."""
    return ascending[max(0, math.ceil(rank / 100 * len(ascending)) - 1)]
