"""The figures in which two models are compared on the same photos, by the names of classes.

The promotion gate applies rules to them; `scones evaluate --against` shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.decision import decide_all
from training.evaluation.paired_tests import PairedComparison, compare_paired
from training.serving.manifest import Manifest

FORCED = "right vehicle when forced"
RIGHTLY_ASSIGNED = "rightly assigned without a person"
NOT_WRONGLY_ASSIGNED = "not wrongly assigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDecisions:
    """One model's decisions on N photos, in the same order for both models; arrays are (N,)."""

    predicted: NDArray[np.str_]  # most probable class
    forced: NDArray[np.str_]  # most probable vehicle
    assigned: NDArray[np.bool_]  # without a person, at the model's own threshold

    def right(self, labels: NDArray[np.str_]) -> NDArray[np.bool_]:
        """Return (N,) flags: True where the most probable class is the label."""
        return np.asarray(self.predicted == labels)


def named_decisions(
    manifest: Manifest, probabilities: NDArray[np.float64], has_defect: NDArray[np.bool_]
) -> NamedDecisions:
    """Return one model's decisions under its own policy, from probabilities (photos, classes).

    Photos with a quality defect, shape (photos,), are not assigned, as in service.
    """
    names = np.asarray(manifest.classes)
    decisions = decide_all(
        probabilities,
        vehicles=manifest.vehicle_columns,
        threshold=manifest.threshold,
        has_defect=has_defect,
    )
    return NamedDecisions(
        predicted=names[decisions.predicted],
        forced=names[decisions.vehicle],
        assigned=decisions.assigned,
    )


def paired_figures(
    current: NamedDecisions,
    candidate: NamedDecisions,
    labels: NDArray[np.str_],
    is_vehicle: NDArray[np.bool_],
    *,
    margins: Mapping[str, float],
) -> dict[str, PairedComparison]:
    """Compare two models in three figures; `labels` and `is_vehicle` are (N,).

    `margins`, by figure, are the shares that the candidate may lose without counting as worse.
    """
    right = current.right(labels), candidate.right(labels)
    return {
        FORCED: compare_paired(
            (current.forced == labels)[is_vehicle],
            (candidate.forced == labels)[is_vehicle],
            margin=margins[FORCED],
        ),
        RIGHTLY_ASSIGNED: compare_paired(
            (right[0] & current.assigned)[is_vehicle],
            (right[1] & candidate.assigned)[is_vehicle],
            margin=margins[RIGHTLY_ASSIGNED],
        ),
        NOT_WRONGLY_ASSIGNED: compare_paired(
            ~current.assigned | right[0],
            ~candidate.assigned | right[1],
            margin=margins[NOT_WRONGLY_ASSIGNED],
        ),
    }
