"""Two models side by side on the photos of one evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.data.photo_set import load_files
from training.evaluation.evaluate_folder import Measured
from training.evaluation.metrics import predict
from training.evaluation.paired_figures import (
    FORCED,
    NOT_WRONGLY_ASSIGNED,
    RIGHTLY_ASSIGNED,
    named_decisions,
    paired_figures,
)
from training.evaluation.paired_tests import PairedComparison, compare_paired
from training.evaluation.training_photos import TrainingPhotos
from training.serving.manifest import Manifest
from training.serving.predictor import Predictor

VEHICLES_ASSIGNED = "vehicles assigned"
# A comparison is shown, not decided by; the promotion gate has margins of its own.
_NO_MARGIN = dict.fromkeys((FORCED, RIGHTLY_ASSIGNED, NOT_WRONGLY_ASSIGNED), 0.0)
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComparison:
    """The measured model beside another one, each at its own threshold."""

    measured: Manifest
    other: Manifest
    figures: Mapping[str, PairedComparison]  # `current` is the other model
    other_trained_on: int | None  # photos; None: not known

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the comparison of the command line's document."""
        return {
            "model_version": self.other.model_version,
            "threshold": self.other.threshold,
            "trained_on": self.other_trained_on,
            "figures": {name: _to_wire(figure) for name, figure in self.figures.items()},
        }


def compare_with(
    measured: Measured, other: Predictor, training_photos: TrainingPhotos | None
) -> ModelComparison:
    """Predict the measured photos with another model as well, and compare figure by figure.

    `training_photos` are those of the other model, if it has a list. Classes are compared by name:
    a label that the other model does not know counts against it.

    Raises: UnusableData.
    """
    manifest, photos = measured.manifest, measured.photos
    classes = np.asarray(manifest.classes)
    pixels_of_other = load_files(
        [entry.file for entry in measured.files],
        photos.hashes.tolist(),
        classes=manifest.classes,
        spec=other.manifest.input,
    )
    current = named_decisions(other.manifest, predict(other, pixels_of_other), photos.has_defect)
    candidate = named_decisions(manifest, measured.probabilities, photos.has_defect)
    is_vehicle = np.isin(photos.labels, manifest.vehicle_columns)
    figures = paired_figures(
        current, candidate, classes[photos.labels], is_vehicle, margins=_NO_MARGIN
    )
    figures[VEHICLES_ASSIGNED] = compare_paired(
        current.assigned[is_vehicle], candidate.assigned[is_vehicle], margin=0.0
    )
    trained_on = None
    if training_photos is not None:
        trained_on = int(training_photos.include(photos.hashes.tolist()).sum())
    return ModelComparison(
        measured=manifest, other=other.manifest, figures=figures, other_trained_on=trained_on
    )


def _to_wire(figure: PairedComparison) -> dict[str, float]:
    low, high = figure.interval(_CONFIDENCE)
    return {
        "of": figure.of,
        "measured": figure.candidate,
        "other": figure.current,
        "measured_alone": figure.won,
        "other_alone": figure.lost,
        "difference": round(figure.difference, 5),
        "difference_low_95": round(low, 5),
        "difference_high_95": round(high, 5),
        "p": round(figure.two_sided_p, 6),
    }
