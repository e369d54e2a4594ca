"""The assignment rule for many photos at once, as `handlers/domain/decision/policy.py` decides one.

A photo is assigned without a person if its most probable class is a vehicle, that probability
reaches the threshold, and the photo has no quality defect. Every figure of this package that counts
assignments uses this function, and a property test compares it with the handler's `decide`.

What counts quality defects:

- The evaluation of test photos, its report and slices, the promotion gate and the baseline show
  what the served system does: they pass `has_defect`.
- The choice of the threshold and the out-of-fold figures beside it describe the model alone: they
  do not. The threshold must hold whatever the limits of quality are, as those can be changed
  without calibrating again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handlers.domain.decision.threshold import STOPPED

NO_VEHICLE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Decisions on N photos; every array has the shape (N,), classes are columns."""

    predicted: NDArray[np.int64]  # most probable class; the vehicle if it ties with another class
    vehicle: NDArray[np.int64]  # most probable vehicle; NO_VEHICLE if the model knows none
    confidence: NDArray[np.float64]  # probability of that vehicle, 0..1
    assigned: NDArray[np.bool_]  # decided without a person


def decide_all(
    probabilities: NDArray[np.float64],
    *,
    vehicles: Sequence[int],
    threshold: float,
    has_defect: NDArray[np.bool_] | None = None,
) -> Decisions:
    """Apply the policy to an array of probabilities (N, classes), each row summing to 1.

    `vehicles` are the columns of the classes that may be assigned; of equal ones the first counts.
    The threshold is from 0 to 1; nothing passes 1.0, the emergency stop. A row with a NaN, which
    the handler refuses as untrustworthy, is never assigned. `has_defect`, shape (N,), marks photos
    with a quality defect; without it, the decisions are those of the model alone.
    """
    rows = np.arange(len(probabilities))
    predicted = probabilities.argmax(axis=1)
    vehicle = np.full(len(rows), NO_VEHICLE, dtype=np.int64)
    confidence = np.zeros(len(rows))
    is_vehicle = np.zeros(len(rows), dtype=np.bool_)
    if len(vehicles):
        columns = np.asarray(vehicles, dtype=np.int64)
        vehicle = columns[probabilities[:, columns].argmax(axis=1)]
        confidence = probabilities[rows, vehicle]
        is_vehicle = confidence >= probabilities.max(axis=1)
        predicted = np.where(is_vehicle, vehicle, predicted)
    assigned = is_vehicle & (confidence >= threshold) & (threshold < STOPPED)
    if has_defect is not None:
        assigned &= ~has_defect
    return Decisions(predicted=predicted, vehicle=vehicle, confidence=confidence, assigned=assigned)
