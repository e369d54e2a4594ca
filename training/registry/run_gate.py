"""Runs the promotion gate: two artefacts on the same test photos, each as it is served."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.photo_set import load_photos
from training.evaluation.metrics import predict
from training.registry.predictions import Contract, GatePhotos, ModelPredictions
from training.registry.promotion_gate import GateResult, GateRules, assess_candidate
from training.serving.manifest import Manifest
from training.serving.predictor import Predictor


def compare(current: Path, candidate: Path, data: Sequence[Path], rules: GateRules) -> GateResult:
    """Judge the candidate's artefact against the current one's. Raises: InvalidModel, UnusableData.

    Photos are looked for by the candidate's classes; a class that only the current model knows is
    no longer wanted, and one that it does not know counts against it.
    """
    models = [Predictor.load(current), Predictor.load(candidate)]
    classes = models[1].manifest.classes
    judged, known = [], []
    for model in models:
        photos = load_photos(list(data), "test", classes=classes, spec=model.manifest.input)
        known.append(
            GatePhotos(
                labels=np.asarray(classes)[photos.labels],
                sources=photos.sources,
                digest=photos.digest(classes),
            )
        )
        judged.append(predictions_of(model.manifest, predict(model, photos)))
    return assess_candidate(judged[0], judged[1], known[1], rules)


def predictions_of(manifest: Manifest, probabilities: NDArray[np.float64]) -> ModelPredictions:
    """One model's probabilities as decisions, under its own policy."""
    names = np.asarray(manifest.classes)
    vehicles = [manifest.classes.index(name) for name in manifest.vehicle_classes]
    guesses = names[probabilities.argmax(axis=1)]
    confident = probabilities.max(axis=1) >= manifest.threshold
    return ModelPredictions(
        model_version=manifest.model_version,
        contract=Contract(
            classes=manifest.classes,
            vehicle_classes=manifest.vehicle_classes,
            input=asdict(manifest.input),
        ),
        guesses=guesses,
        forced=names[vehicles][probabilities[:, vehicles].argmax(axis=1)],
        assigned=np.isin(guesses, manifest.vehicle_classes) & confident,
    )
