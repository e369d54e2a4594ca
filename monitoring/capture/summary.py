"""What was found in Data Capture, as counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

STEPS = 10_001
"""Probabilities are counted with four decimals, as a baseline keeps them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelScores:
    """What one model version answered."""

    classes: tuple[str, ...]
    counts: npt.NDArray[np.int64]  # classes, STEPS
    confidence: npt.NDArray[np.int64]  # STEPS; of the best vehicle, as the policy reads it
    predicted: Mapping[str, int]  # how often each class was the most probable

    @property
    def n(self) -> int:
        """How many records."""
        return sum(self.predicted.values())

    def confidences(self) -> npt.NDArray[np.float64]:
        """One value a record, rising."""
        return spread_out(self.confidence)


def spread_out(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The values that were counted."""
    return np.repeat(np.arange(STEPS) / (STEPS - 1), counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """A line that is not as it should be, quoted safely."""

    kind: str
    object_key: str
    quoted: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaptureSummary:
    """Counts are of records in the span unless they say otherwise.

    What a file of the hour before or after holds of its own time is `outside`, and nothing else.
    """

    objects: int = 0
    unreadable_objects: int = 0  # archived, or forbidden
    late_objects: int = 0  # hold records, and were written after the first report
    lines: int = 0  # duplicates and lines that are no records included
    records: int = 0  # in the span, duplicates left out
    duplicates: int = 0
    outside: int = 0  # records of another time
    late_records: int = 0  # in late objects, duplicates included
    variants: Mapping[str, int] = field(default_factory=dict)  # records, duplicates included
    hours: Mapping[int, int] = field(default_factory=dict)  # hours since 1970 → records
    anomalies: Mapping[str, int] = field(default_factory=dict)  # kind → how many
    quoted: tuple[Anomaly, ...] = ()  # the first few
    scores: Mapping[str, ModelScores] = field(default_factory=dict)  # by model version
    classified: int | None = None  # photos that the ledger says were classified
    captured: int | None = None  # … of which a record was found
    missing: tuple[str, ...] = ()  # the first of those without one

    @property
    def completeness(self) -> float | None:
        """The share of classified photos that were captured; None where nobody can know."""
        if not self.classified or self.captured is None:
            return None
        return self.captured / self.classified
