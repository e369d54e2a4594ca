"""Photos assigned, and wrong among them, at every threshold; and the confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitoring.statistics.proportions import Proportion, proportion
from training.evaluation.decision import decide_all


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPoint:
    """Coverage and risk at one threshold."""

    threshold: float  # 0..1
    coverage: float  # assigned, of all photos of vehicles; non-vehicles assigned count in `risk`
    risk: Proportion  # wrong, of the assigned


def risk_coverage(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    vehicles: Sequence[int],
    has_defect: NDArray[np.bool_] | None = None,
    points: int = 60,
) -> list[RiskPoint]:
    """Return points from the strictest threshold to 0, at evenly spaced counts of assigned photos.

    Arguments as of `decide_all`; without photos of vehicles, or none assigned, the list is empty.
    """
    decisions = decide_all(probabilities, vehicles=vehicles, threshold=0.0, has_defect=has_defect)
    confidence = decisions.confidence
    rows = np.flatnonzero(decisions.assigned)
    rows = rows[np.argsort(-confidence[rows], kind="stable")]
    all_vehicles = int(np.isin(labels, vehicles).sum())
    if not len(rows) or not all_vehicles:
        return []
    wrong = np.cumsum(decisions.predicted[rows] != labels[rows])
    vehicles_assigned = np.cumsum(np.isin(labels[rows], vehicles))
    ends = np.unique(np.linspace(1, len(rows), min(points, len(rows))).round().astype(int))
    return [
        RiskPoint(
            threshold=float(confidence[rows[end - 1]]),
            coverage=float(vehicles_assigned[end - 1]) / all_vehicles,
            risk=proportion(int(wrong[end - 1]), int(end)),
        )
        for end in ends.tolist()
    ]


def confusion(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """Return counts of photos, (classes, classes): true class in rows, prediction in columns."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, probabilities.argmax(axis=1)), 1)
    return counts
