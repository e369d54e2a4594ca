"""Temperature and threshold, from predictions on photos that the predicting model never saw.

The threshold is the lowest that keeps two rates under the budget with the stated confidence: wrong
among the automatic assignments, and assigned among the non-vehicles. Thresholds are tested from the
strictest down and the search ends at the first failure, so testing many costs no confidence
(fixed-sequence testing). Quality defects do not count here, see `training/evaluation/decision.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.statistics.proportions import error_rate_bound
from training.evaluation.decision import decide_all
from training.serving.predictor import softmax

STRICTEST_FIRST = tuple(
    round(float(value), 4)
    for value in np.concatenate([np.arange(0.999, 0.9, -0.001), np.arange(0.9, 0.5, -0.005)])
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Counts of what one threshold does on a set of labelled photos."""

    threshold: float  # 0..1
    vehicles: int  # photos of a vehicle
    accepted: int  # photos assigned
    errors: int  # among the accepted, non-vehicles included
    non_vehicles: int  # photos without a vehicle
    non_vehicles_accepted: int

    def error_bound(self, confidence: float) -> float:
        """Return the upper bound of the rate of wrong assignments, 0..1, at this confidence."""
        if not self.accepted:
            return 1.0
        return error_rate_bound(self.errors, self.accepted, confidence=confidence)

    def non_vehicle_bound(self, confidence: float) -> float:
        """Return the upper bound of the rate of non-vehicles assigned, 0..1."""
        return error_rate_bound(
            self.non_vehicles_accepted, max(1, self.non_vehicles), confidence=confidence
        )

    def worst_bound(self, confidence: float) -> float:
        """Return the larger of the two bounds; without non-vehicles, the first."""
        if not self.non_vehicles:
            return self.error_bound(confidence)
        return max(self.error_bound(confidence), self.non_vehicle_bound(confidence))


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdChoice:
    """The threshold that ships with the model, and whether it is proved to keep the budget."""

    acceptance: Acceptance
    error_budget: float  # highest rate of errors, 0..1
    confidence: float  # of the bounds, 0..1
    budget_met: bool
    sources: tuple[str, ...]  # the mix that represents production
    vehicles: tuple[str, ...]  # the classes that may be assigned

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the manifest's `policy`."""
        chosen = self.acceptance
        return {
            "threshold": chosen.threshold,
            "error_budget": self.error_budget,
            "confidence": self.confidence,
            "budget_met": self.budget_met,
            "chosen_on": "out-of-fold predictions on training photos",
            "sources": list(self.sources),
            "vehicle_classes": list(self.vehicles),
            "accepted": chosen.accepted,
            "errors": chosen.errors,
            "error_upper_bound": round(chosen.error_bound(self.confidence), 5),
            "vehicles": chosen.vehicles,
            "non_vehicles": chosen.non_vehicles,
            "non_vehicles_accepted": chosen.non_vehicles_accepted,
            "non_vehicles_upper_bound": round(chosen.non_vehicle_bound(self.confidence), 5),
        }


def fit_temperature(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the temperature, 0.05 to 20, under which the labels are most likely.

    `logits` has the shape (N, classes). Temperature scaling is by Guo et al. 2017, "On calibration
    of modern neural networks"; the negative log-likelihood has a single minimum, so a
    golden-section search finds it.
    """
    ratio = (5**0.5 - 1) / 2
    low, high = np.log(0.05), np.log(20.0)
    for _ in range(60):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if _negative_log_likelihood(logits / np.exp(left), labels) < _negative_log_likelihood(
            logits / np.exp(right), labels
        ):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def acceptance(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    vehicles: Sequence[int],
    threshold: float,
) -> Acceptance:
    """Count what the model alone would assign; `vehicles` are columns of `probabilities`."""
    decisions = decide_all(probabilities, vehicles=vehicles, threshold=threshold)
    accepted, is_vehicle = decisions.assigned, np.isin(labels, vehicles)
    return Acceptance(
        threshold=threshold,
        vehicles=int(is_vehicle.sum()),
        accepted=int(accepted.sum()),
        errors=int((accepted & (decisions.predicted != labels)).sum()),
        non_vehicles=int((~is_vehicle).sum()),
        non_vehicles_accepted=int((accepted & ~is_vehicle).sum()),
    )


def choose_policy(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    classes: Sequence[str],
    vehicles: Sequence[int],
    sources: Sequence[str],
    error_budget: float,
    confidence: float,
) -> ThresholdChoice:
    """Choose the lowest threshold within the budget, or else the one with the lowest bound.

    `vehicles` are the columns of the classes that may be assigned; `sources` are only recorded.
    """
    candidates = [
        acceptance(probabilities, labels, vehicles=vehicles, threshold=threshold)
        for threshold in STRICTEST_FIRST
    ]
    within = _proved(candidates, error_budget, confidence)
    fallback = min(candidates, key=lambda entry: entry.worst_bound(confidence))
    return ThresholdChoice(
        acceptance=within[-1] if within else fallback,
        error_budget=error_budget,
        confidence=confidence,
        budget_met=bool(within),
        sources=tuple(sources),
        vehicles=tuple(classes[index] for index in vehicles),
    )


def _proved(
    candidates: Sequence[Acceptance], error_budget: float, confidence: float
) -> list[Acceptance]:
    """Return the thresholds within the budget, strictest first, up to the first that is not.

    The search starts where half of what the loosest threshold accepts is accepted: that point does
    not depend on labels, and with fewer photos one wrong label would already end the search.
    """
    within: list[Acceptance] = []
    for entry in candidates:
        if entry.accepted * 2 < candidates[-1].accepted:
            continue
        if entry.worst_bound(confidence) > error_budget:
            break
        within.append(entry)
    return within


def _negative_log_likelihood(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    likelihoods = softmax(logits)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(likelihoods, 1e-300)).mean())
