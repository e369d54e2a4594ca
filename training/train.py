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

from training.calibrate import Policy, choose_policy, fit_temperature
from training.data import PhotoSet, UnusableData, load_photos
from training.evaluate import evaluate
from training.export import Exported, export, write_artefact
from training.fit import Report, drawing_weights, fit, logits_of, new_model
from training.provenance import code_digest, commit
from training.serving.predictor import softmax
from training.serving.preprocess import normalise
from training.settings import TrainConfig

_QUANTISE_ON = 200  # photos that set the ranges of the 8-bit activations
_COMPARE_ON = 1500  # other photos, on which 8 and 32 bits are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainPaths:
    """Where a run reads and writes."""

    data_dir: Path
    weights: Path | None  # start weights; None trains from scratch
    model_dir: Path
    work_dir: Path  # caches and finished parts, so that an interrupted run goes on


def train(config: TrainConfig, paths: TrainPaths, report: Report) -> str:
    """Make one model artefact; answers its version. Raises: UnusableData, UnusableWeights."""
    torch.set_num_threads(config.threads)
    photos = load_photos(
        paths.data_dir,
        "train",
        classes=config.classes,
        spec=config.input,
        archive_limit=config.archive_limit,
        cache_dir=paths.work_dir,
    )
    digest = photos.digest(config.classes)
    report(f"{len(photos)} photos, data digest {digest[:16]}")

    unseen = out_of_fold_logits(photos, config, paths, report)
    temperature, policy = calibrate(unseen, photos, config)
    report(f"temperature {temperature:.3f}, policy {policy.to_wire()}")

    model = _fit_once("all", photos, config, paths, report)
    exported = _export(model, photos, config, temperature)
    report(f"{exported.precision}, {len(exported.content):,} bytes, {exported.agreement:.4f} agree")

    training = {
        "seed": config.seed,
        "data_digest": digest,
        "photos": len(photos),
        "commit": commit(),
        "code_digest": code_digest(),
        "torch": torch.__version__,
        "config": asdict(config),
        "export": _export_figures(exported),
        "metrics": {"out_of_fold": _metrics(unseen, photos, config, temperature, policy)},
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
    report(f"wrote {version} to {paths.model_dir}")
    return version


def out_of_fold_logits(
    photos: PhotoSet, config: TrainConfig, paths: TrainPaths, report: Report
) -> NDArray[np.float64]:
    """Logits of every photo from a model that was trained without it."""
    folds = photos.folds(config.folds)
    logits = np.zeros((len(photos), len(config.classes)))
    for fold in range(config.folds):
        if not (folds != fold).any():
            raise UnusableData("too few photos to hold some back for calibration")
        name = f"fold {fold + 1} of {config.folds}"
        model = _fit_once(name, photos.take(folds != fold), config, paths, report)
        held_back = photos.take(folds == fold)
        if len(held_back):
            logits[folds == fold] = logits_of(model, held_back, config.input)
    return logits


def calibrate(
    logits: NDArray[np.float64], photos: PhotoSet, config: TrainConfig
) -> tuple[float, Policy]:
    """Temperature and policy on the sources that stand for production."""
    named = np.isin(photos.sources, config.policy_sources)
    rows = named if named.any() else np.ones(len(photos), dtype=np.bool_)
    temperature = fit_temperature(logits[rows], photos.labels[rows])
    policy = choose_policy(
        softmax(logits[rows] / temperature),
        photos.labels[rows],
        classes=config.classes,
        vehicles=_vehicles(config),
        sources=[str(source) for source in np.unique(photos.sources[rows])],
        error_budget=config.error_budget,
        confidence=config.confidence,
    )
    return temperature, policy


def _fit_once(
    name: str, photos: PhotoSet, config: TrainConfig, paths: TrainPaths, report: Report
) -> nn.Sequential:
    """A trained model, from the work directory where this very run has finished it before."""
    key = hashlib.sha256(f"{config}{photos.digest(config.classes)}{code_digest()}".encode())
    path = paths.work_dir / f"model-{key.hexdigest()[:16]}.pt"
    if path.exists():
        report(f"{name}: taken from {path}")
        model = new_model(config, None)
        model.load_state_dict(torch.load(path, weights_only=True))
        return model.eval()
    model = fit(photos, config, weights=paths.weights, name=name, report=report)
    paths.work_dir.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".partial")
    torch.save(model.state_dict(), unfinished)
    unfinished.replace(path)
    return model


def _export(
    model: nn.Sequential, photos: PhotoSet, config: TrainConfig, temperature: float
) -> Exported:
    generator = np.random.default_rng(config.seed)
    weights = drawing_weights(photos, config)
    size = min(len(photos), _QUANTISE_ON + _COMPARE_ON)
    rows = generator.choice(len(photos), size=size, replace=False, p=weights)
    images = normalise(photos.pixels[rows], config.input)
    split = min(_QUANTISE_ON, max(1, size // 2))
    return export(
        model, config, examples=images[:split], checks=images[split:], temperature=temperature
    )


def _export_figures(exported: Exported) -> dict[str, Any]:  # JSON values
    return {
        "precision": exported.precision,
        "size_bytes": len(exported.content),
        "same_decision_as_fp32": round(exported.agreement, 5),
        "probability_shift_p99": round(exported.largest_shift, 5),
    }


def _metrics(
    logits: NDArray[np.float64],
    photos: PhotoSet,
    config: TrainConfig,
    temperature: float,
    policy: Policy,
) -> dict[str, Any]:  # JSON values
    return evaluate(
        softmax(logits / temperature),
        photos,
        classes=config.classes,
        vehicles=_vehicles(config),
        threshold=policy.acceptance.threshold,
    ).to_wire()


def _vehicles(config: TrainConfig) -> list[int]:
    return [config.classes.index(name) for name in config.vehicles]
