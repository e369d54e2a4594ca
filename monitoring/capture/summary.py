"""The figures of Data Capture for one span, as counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

STEPS = 10_001
"""Probabilities are counted with four decimals, as a baseline keeps them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelScores:
    """The answers of one model version."""

    classes: tuple[str, ...]
    counts: npt.NDArray[np.int64]  # classes, STEPS
    confidence: npt.NDArray[np.int64]  # STEPS; of the best vehicle, as in the policy
    predicted: Mapping[str, int]  # how often each class was the most probable

    @property
    def n(self) -> int:
        """The number of records."""
        return sum(self.predicted.values())

    def confidences(self) -> npt.NDArray[np.float64]:
        """Return one value a record, rising."""
        return spread_out(self.confidence)


def spread_out(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the probabilities behind counts of STEPS values, rising."""
    return np.repeat(np.arange(STEPS) / (STEPS - 1), counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """An unusual line, quoted in ASCII."""

    kind: str
    object_key: str
    quoted: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaptureSummary:
    """Counts of records in the span, unless noted otherwise.

    Records of another time, in files of the hours before and after, count as `outside` only.
    """

    objects: int = 0
    unreadable_objects: int = 0  # archived or forbidden
    late_objects: int = 0  # with records of the span, written after the first report
    lines: int = 0  # duplicates and unusable lines included
    records: int = 0  # without duplicates
    duplicates: int = 0
    outside: int = 0  # records of another time
    late_records: int = 0  # in late objects, duplicates included
    variants: Mapping[str, int] = field(default_factory=dict)  # records, duplicates included
    hours: Mapping[int, int] = field(default_factory=dict)  # hours since 1970 → records
    anomalies: Mapping[str, int] = field(default_factory=dict)  # kind → how many
    quoted: tuple[Anomaly, ...] = ()  # the first few
    scores: Mapping[str, ModelScores] = field(default_factory=dict)  # by model version
    classified: int | None = None  # photos that the ledger has as classified
    captured: int | None = None  # … of which there is a record
    missing: tuple[str, ...] = ()  # the first of those without one

    @property
    def completeness(self) -> float | None:
        """The share (0..1) of classified photos that were captured; None where it is unknown."""
        if not self.classified or self.captured is None:
            return None
        return self.captured / self.classified
