"""One training run: config -> data -> model -> loop -> calibrate -> evaluate -> export -> save.

`test` folders are not read here; `python -m training evaluate` reads them, once a candidate.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.config import TrainConfig
from training.data.photo_set import PhotoSet, UnusableData, load_photos
from training.data.production_mix import production_rows
from training.evaluation.baseline import write_baseline
from training.evaluation.calibration import ThresholdChoice, choose_policy, fit_temperature
from training.evaluation.calibration_slices import calibration_slices
from training.evaluation.metrics import evaluate
from training.evaluation.out_of_fold import OUT_OF_FOLD_NAME, OutOfFold
from training.evaluation.training_photos import write_training_photos
from training.model.checkpoint import Checkpoint
from training.model.export import export_model, write_artefact
from training.model.fit import Report, best_device, fit, new_model
from training.model.provenance import code_digest, commit
from training.model.test_time_augmentation import served_logits
from training.serving.predictor import softmax

_SAVE_EVERY = 200  # steps: about a minute on two cores, 30 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainPaths:
    """Where a run reads and writes."""

    data_dir: Path
    weights: Path | None  # start weights; None trains from random ones
    model_dir: Path
    work_dir: Path  # caches, and checkpoints unless `checkpoint_dir` is set
    more_data: tuple[Path, ...] = ()  # reviewers' verdicts, folders of the user's own photos
    checkpoint_dir: Path | None = None  # finished fits, and checkpoints of the unfinished one

    @property
    def resume_dir(self) -> Path:
        """Return the folder of everything that an interrupted run needs to continue."""
        return self.checkpoint_dir or self.work_dir


def train(config: TrainConfig, paths: TrainPaths, report: Report) -> str:
    """Train one model, write its artefact to `paths.model_dir`, and return its version.

    A run with the same config, photos and code continues where an interrupted one stopped.

    Raises: UnusableData, UnusableWeights.
    """
    torch.set_num_threads(config.threads)
    photos = training_photos(config, paths, report)
    digest = photos.digest(config.classes)
    report(f"{len(photos)} photos, data digest {digest[:16]}")

    out_of_fold = out_of_fold_logits(photos, config, paths, report)
    temperature, policy = calibrate(out_of_fold, photos, config)
    report(f"temperature {temperature:.3f}, policy {policy.to_wire()}")
    OutOfFold(
        classes=config.classes,
        hashes=photos.hashes,
        probabilities=softmax(out_of_fold / temperature),
    ).save(paths.work_dir / OUT_OF_FOLD_NAME)

    model = fit_once("all", photos, config, paths, report)
    exported = export_model(model, photos, config, temperature)
    report(f"{exported.precision}, {len(exported.content):,} bytes, {exported.agreement:.4f} agree")

    training = {
        "seed": config.seed,
        "data_digest": digest,
        "photos": len(photos),
        "commit": commit(),
        "code_digest": code_digest(),
        "torch": torch.__version__,
        "config": asdict(config),
        "export": exported.to_wire(),
        "metrics": {"out_of_fold": _metrics(out_of_fold, photos, config, temperature, policy)},
    }
    version = write_artefact(
        paths.model_dir,
        exported,
        config,
        temperature=temperature,
        policy=policy,
        training=training,
        today=datetime.now(UTC).date(),
    )
    write_baseline(
        paths.model_dir,
        softmax(out_of_fold / temperature),
        photos,
        config,
        threshold=policy.acceptance.threshold,
        model_version=version,
    )
    write_training_photos(paths.model_dir, photos.hashes.tolist())
    report(f"wrote {version} to {paths.model_dir}")
    return version


def training_photos(config: TrainConfig, paths: TrainPaths, report: Report) -> PhotoSet:
    """Load all photos to train on. Raises: UnusableData."""
    return load_photos(
        [paths.data_dir, *paths.more_data],
        "train",
        classes=config.classes,
        spec=config.input,
        archive_limit=config.archive_limit,
        cache_dir=paths.work_dir,
        report=report,
    )


def out_of_fold_logits(
    photos: PhotoSet, config: TrainConfig, paths: TrainPaths, report: Report
) -> NDArray[np.float64]:
    """Return the logits (photos, classes), each by a model that was trained without the photo.

    Raises: UnusableData, UnusableWeights.
    """
    folds = photos.folds(config.folds)
    logits = np.zeros((len(photos), len(config.classes)))
    for fold in range(config.folds):
        if not (folds != fold).any():
            raise UnusableData("too few photos to hold some back for calibration")
        name = f"fold {fold + 1} of {config.folds}"
        model = fit_once(name, photos.take(folds != fold), config, paths, report)
        held_back = photos.take(folds == fold)
        if len(held_back):
            logits[folds == fold] = served_logits(model, held_back, config)
    return logits


def calibrate(
    logits: NDArray[np.float64], photos: PhotoSet, config: TrainConfig
) -> tuple[float, ThresholdChoice]:
    """Choose temperature and threshold on the photos that represent production."""
    rows = production_rows(photos, config)
    temperature = fit_temperature(logits[rows], photos.labels[rows])
    policy = choose_policy(
        softmax(logits[rows] / temperature),
        photos.labels[rows],
        classes=config.classes,
        vehicles=config.vehicle_columns,
        sources=[str(source) for source in np.unique(photos.sources[rows])],
        error_budget=config.error_budget,
        confidence=config.confidence,
    )
    return temperature, policy


def fit_once(
    name: str, photos: PhotoSet, config: TrainConfig, paths: TrainPaths, report: Report
) -> nn.Sequential:
    """Fit a model, or load it if an earlier run with the same inputs and code has finished it.

    Raises: UnusableWeights.
    """
    key = hashlib.sha256(f"{config}{photos.digest(config.classes)}{code_digest()}".encode())
    path = paths.resume_dir / f"model-{key.hexdigest()[:16]}.pt"
    if path.exists():
        report(f"{name}: taken from {path}")
        model = new_model(config, None)
        model.load_state_dict(torch.load(path, weights_only=True))
        return model.eval()
    checkpoint = Checkpoint(path.with_suffix(".checkpoint"), every=_SAVE_EVERY, report=report)
    with best_device():
        model = fit(
            photos, config, weights=paths.weights, name=name, report=report, checkpoint=checkpoint
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".partial")
    torch.save(model.state_dict(), unfinished)
    unfinished.replace(path)
    checkpoint.remove()
    return model


def _metrics(
    logits: NDArray[np.float64],
    photos: PhotoSet,
    config: TrainConfig,
    temperature: float,
    policy: ThresholdChoice,
) -> dict[str, Any]:  # JSON values
    """Return the figures of the model alone, as those of its policy, without quality defects."""
    probabilities = softmax(logits / temperature)
    figures = evaluate(
        probabilities,
        photos,
        classes=config.classes,
        vehicles=config.vehicle_columns,
        threshold=policy.acceptance.threshold,
        has_defect=None,
    )
    slices = calibration_slices(probabilities, photos)
    return figures.to_wire() | {"calibration": [entry.to_wire() for entry in slices]}
