"""How many photos are assigned, and how many of those wrongly, at every threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitoring.statistics.proportions import Proportion, proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPoint:
    """One threshold."""

    threshold: float
    coverage: float  # assigned, of all photos of vehicles; non-vehicles assigned count in `risk`
    risk: Proportion  # wrong, of the assigned


def risk_coverage(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    vehicles: Sequence[int],
    points: int = 60,
) -> list[RiskPoint]:
    """From the strictest threshold to none, at evenly spaced numbers of assigned photos."""
    guesses, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    rows = np.flatnonzero(np.isin(guesses, vehicles))
    rows = rows[np.argsort(-confidence[rows], kind="stable")]
    all_vehicles = int(np.isin(labels, vehicles).sum())
    if not len(rows) or not all_vehicles:
        return []
    wrong = np.cumsum(guesses[rows] != labels[rows])
    found = np.cumsum(np.isin(labels[rows], vehicles))
    ends = np.unique(np.linspace(1, len(rows), min(points, len(rows))).round().astype(int))
    return [
        RiskPoint(
            threshold=float(confidence[rows[end - 1]]),
            coverage=float(found[end - 1]) / all_vehicles,
            risk=proportion(int(wrong[end - 1]), int(end)),
        )
        for end in ends.tolist()
    ]


def confusion(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """Photos by true class (row) and the model's guess (column)."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, probabilities.argmax(axis=1)), 1)
    return counts
