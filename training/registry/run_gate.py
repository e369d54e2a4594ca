"""Run the promotion gate: two artefacts on the same test photos, each as it is served."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.photo_set import load_photos
from training.evaluation.metrics import predict
from training.evaluation.paired_figures import named_decisions
from training.registry.promotion_gate import (
    Contract,
    GatePhotos,
    GateResult,
    GateRules,
    ModelPredictions,
    assess_candidate,
)
from training.serving.manifest import Manifest
from training.serving.predictor import Predictor


def compare(current: Path, candidate: Path, data: Sequence[Path], rules: GateRules) -> GateResult:
    """Compare the artefact in `candidate` with the one in `current` on the test photos in `data`.

    Photos are read by the candidate's classes: a class that only the current model knows is not
    compared, and one that it does not know counts against it.

    Raises: InvalidModel, UnusableData.
    """
    models = [Predictor.load(current), Predictor.load(candidate)]
    classes = models[1].manifest.classes
    predictions, known = [], []
    for model in models:
        photos = load_photos(list(data), "test", classes=classes, spec=model.manifest.input)
        known.append(
            GatePhotos(
                labels=np.asarray(classes)[photos.labels],
                sources=photos.sources,
                digest=photos.digest(classes),
            )
        )
        predictions.append(
            predictions_of(model.manifest, predict(model, photos), photos.has_defect)
        )
    return assess_candidate(predictions[0], predictions[1], known[1], rules)


def predictions_of(
    manifest: Manifest, probabilities: NDArray[np.float64], has_defect: NDArray[np.bool_]
) -> ModelPredictions:
    """Return one model's decisions under its own policy, from probabilities (photos, classes).

    Photos with a quality defect, shape (photos,), are not assigned, as in service.
    """
    decisions = named_decisions(manifest, probabilities, has_defect)
    return ModelPredictions(
        model_version=manifest.model_version,
        contract=Contract(
            classes=manifest.classes,
            vehicle_classes=manifest.vehicle_classes,
            input=asdict(manifest.input),
        ),
        predicted=decisions.predicted,
        forced=decisions.forced,
        assigned=decisions.assigned,
    )
