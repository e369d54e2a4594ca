"""The shipped recipe with several seeds: how much of a figure is chance.

For each seed only the last fit is made, and its file looks at every photo once; a forced choice
does not depend on temperature and threshold. Reads `test` once a seed.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from training.config import TrainConfig
from training.data.photo_set import PhotoSet, load_photos
from training.evaluation.metrics import evaluate
from training.model.export import export_model
from training.model.fit import Report
from training.serving.manifest import InputSpec
from training.serving.predictor import softmax
from training.serving.preprocess import normalise
from training.studies.spread import SeedSpread
from training.train import TrainPaths, fit_once, training_photos

MACRO = "mean of sources"
_BATCH = 64


def forced_by_seed(
    config: TrainConfig, paths: TrainPaths, seeds: Sequence[int], report: Report
) -> dict[str, SeedSpread]:
    """Return the share of vehicles named rightly, choosing among vehicles only, by `test` source.

    Raises: UnusableData, UnusableWeights.
    """
    torch.set_num_threads(config.threads)
    photos = training_photos(config, paths, report)
    models = []
    for seed in seeds:
        seeded = replace(config, seed=seed)
        model = fit_once(f"seed {seed}", photos, seeded, paths, report)
        exported = export_model(model, photos, seeded, temperature=1.0)
        models.append(exported.content)
    tests = load_photos(
        [paths.data_dir, *paths.more_data], "test", classes=config.classes, spec=config.input
    )
    figures = [_forced(model, tests, config) for model in models]
    return {name: SeedSpread(values=tuple(seed[name] for seed in figures)) for name in figures[0]}


def _forced(model: bytes, photos: PhotoSet, config: TrainConfig) -> dict[str, float]:
    result = evaluate(
        softmax(_logits(model, photos, config.input)),
        photos,
        classes=config.classes,
        vehicles=config.vehicle_columns,
        threshold=1.0,  # a forced choice needs none
        has_defect=None,
    )
    by_source = {name: entry.value for name, entry in result.forced_by_source.items()}
    return {**by_source, MACRO: result.forced_macro_average}


def _logits(model: bytes, photos: PhotoSet, spec: InputSpec) -> NDArray[np.float64]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    rows = [
        session.run(None, {spec.name: normalise(photos.pixels[start : start + _BATCH], spec)})[0]
        for start in range(0, len(photos), _BATCH)
    ]
    return np.concatenate(rows).astype(np.float64)
