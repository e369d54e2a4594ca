"""What is normal for a model: the figures that monitoring compares each day with.

Written beside the manifest when a model is made, from predictions by models that had not seen the
photos, on the sources that stand for production. Names as in `handlers/domain/photo/quality.py`.
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handlers.domain.photo.quality import Quality
from training.config import TrainConfig
from training.data.photo_set import PhotoSet
from training.evaluation.calibration_error import debiased_calibration_error

BASELINE_NAME = "baseline.json"
SCHEMA = 1
_MOST_VALUES = 5000
_DECIMALS = 4
_QUALITY = ("brightness", "contrast", "sharpness", "width", "height", "size_bytes")


def baseline(
    probabilities: NDArray[np.float64],
    photos: PhotoSet,
    *,
    classes: Sequence[str],
    vehicles: Sequence[int],
    threshold: float,
    model_version: str,
    data_digest: str,
) -> dict[str, Any]:  # JSON values
    """Out-of-fold probabilities and quality figures of the photos that stand for production."""
    if photos.quality is None:
        raise ValueError("a baseline needs the photos' quality figures")
    confidence = probabilities[:, list(vehicles)].max(axis=1)
    guesses = probabilities.argmax(axis=1)
    # As `handlers/domain/decision/policy.py` decides: a poor photo goes to a person, however sure.
    assigned = np.isin(guesses, vehicles) & (confidence >= threshold) & ~_has_defects(photos)
    values = {"confidence": _values(confidence)}
    values |= {name: _values(probabilities[:, index]) for index, name in enumerate(classes)}
    values |= {name: _values(photos.quality[name]) for name in _QUALITY}
    values["aspect"] = _values(photos.quality["width"] / photos.quality["height"])
    formats = Counter(str(each).lower() for each in photos.quality["image_format"])
    return {
        "schema": SCHEMA,
        "model_version": model_version,
        "data_digest": data_digest,
        "mix": sorted(set(photos.sources.tolist())),
        "n": len(photos),
        "threshold": threshold,
        "predicted": {name: int((guesses == index).sum()) for index, name in enumerate(classes)},
        "assigned": int(assigned.sum()),
        "review": int((~assigned).sum()),
        "ece": round(debiased_calibration_error(probabilities, photos.labels), 5),
        "ece_n": len(photos),
        "values": values,
        "formats": dict(sorted(formats.items())),
    }


def keep_baseline(
    model_dir: Path,
    probabilities: NDArray[np.float64],
    photos: PhotoSet,
    config: TrainConfig,
    *,
    threshold: float,
    model_version: str,
) -> None:
    """Write the baseline beside the manifest, from all photos' out-of-fold probabilities."""
    rows = photos.rows_of(config.policy_sources)
    document = baseline(
        probabilities[rows],
        photos.take(rows),
        classes=config.classes,
        vehicles=[config.classes.index(name) for name in config.vehicles],
        threshold=threshold,
        model_version=model_version,
        data_digest=photos.digest(config.classes),
    )
    # Compact: it is read by programs, and a line a value would be long.
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    (model_dir / BASELINE_NAME).write_text(text + "\n", encoding="utf-8")


def _has_defects(photos: PhotoSet) -> NDArray[np.bool_]:
    if photos.quality is None:
        return np.zeros(len(photos), dtype=np.bool_)
    names = photos.quality.dtype.names or ()
    found = (Quality.from_wire(dict(zip(names, row, strict=True))) for row in photos.quality)
    return np.array([bool(quality.defects()) for quality in found], dtype=np.bool_)


def _values(column: NDArray[Any]) -> list[float]:  # Any: integers and floats
    """Sorted; where there are very many, evenly spaced among them."""
    ordered = np.sort(column)
    if len(ordered) > _MOST_VALUES:
        ordered = ordered[np.linspace(0, len(ordered) - 1, _MOST_VALUES).round().astype(int)]
    if np.issubdtype(ordered.dtype, np.integer):
        return [int(value) for value in ordered]
    return [round(float(value), _DECIMALS) for value in ordered]
