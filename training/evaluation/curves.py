"""Photos assigned, reviewed and wrong at every threshold; and the confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.statistics.proportions import Proportion, error_rate_bound, proportion
from training.evaluation.decision import decide_all

_SURE = 0.95  # of the bounds


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRow:
    """What the served system would do at one threshold."""

    threshold: float  # 0..1
    assigned: int  # photos
    reviews: int  # photos that a person decides: unsure, without a vehicle, of poor quality
    vehicles_assigned: Proportion
    wrong: int  # of the assigned, non-vehicles included
    wrong_bound: float | None  # their share is at most this with 95 % confidence; None: no photos

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return one row of the table."""
        return {
            "threshold": self.threshold,
            "assigned": self.assigned,
            "reviews": self.reviews,
            "vehicles_assigned": self.vehicles_assigned.to_wire(),
            "wrong": self.wrong,
            "wrong_upper_bound_95": None
            if self.wrong_bound is None
            else round(self.wrong_bound, 5),
        }


def threshold_table(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    vehicles: Sequence[int],
    has_defect: NDArray[np.bool_],
    thresholds: Sequence[float],
) -> list[ThresholdRow]:
    """Return one row a threshold; arguments as of `decide_all`.

    The bound of a row holds for that row alone: choosing the best row by it is not covered.
    """
    is_vehicle = np.isin(labels, vehicles)
    rows = []
    for threshold in thresholds:
        decisions = decide_all(
            probabilities, vehicles=vehicles, threshold=threshold, has_defect=has_defect
        )
        assigned = int(decisions.assigned.sum())
        wrong = int((decisions.assigned & (decisions.predicted != labels)).sum())
        rows.append(
            ThresholdRow(
                threshold=threshold,
                assigned=assigned,
                reviews=len(labels) - assigned,
                vehicles_assigned=proportion(
                    int((decisions.assigned & is_vehicle).sum()), int(is_vehicle.sum())
                ),
                wrong=wrong,
                wrong_bound=error_rate_bound(wrong, assigned, confidence=_SURE)
                if assigned
                else None,
            )
        )
    return rows


def confusion(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """Return counts of photos, (classes, classes): true class in rows, prediction in columns."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, probabilities.argmax(axis=1)), 1)
    return counts
