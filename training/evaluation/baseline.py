"""The baseline of a model: the figures that monitoring compares each day with.

Written beside the manifest when a model is trained, from predictions by models that had not seen
the photos, on the sources that represent production. Names are those of `Quality`.
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.config import TrainConfig
from training.data.photo_set import PhotoSet
from training.data.production_mix import production_rows
from training.evaluation.calibration_error import debiased_calibration_error
from training.evaluation.decision import decide_all

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
    """Return the document: distributions of probabilities and quality, and counts of decisions.

    `probabilities` (photos, classes) are out of fold. Raises: ValueError, without quality figures.
    """
    if photos.quality is None:
        raise ValueError("a baseline needs the photos' quality figures")
    decisions = decide_all(
        probabilities, vehicles=vehicles, threshold=threshold, has_defect=photos.has_defect
    )
    values = {"confidence": _values(decisions.confidence)}
    values |= {name: _values(probabilities[:, index]) for index, name in enumerate(classes)}
    values |= {name: _values(photos.quality[name]) for name in _QUALITY}
    values["aspect"] = _values(photos.quality["width"] / photos.quality["height"])
    formats = Counter(str(name).lower() for name in photos.quality["image_format"])
    predicted = {
        name: int((decisions.predicted == index).sum()) for index, name in enumerate(classes)
    }
    return {
        "schema": SCHEMA,
        "model_version": model_version,
        "data_digest": data_digest,
        "mix": sorted(set(photos.sources.tolist())),
        "n": len(photos),
        "threshold": threshold,
        "predicted": predicted,
        "assigned": int(decisions.assigned.sum()),
        "review": int((~decisions.assigned).sum()),
        "ece": round(debiased_calibration_error(probabilities, photos.labels), 5),
        "ece_n": len(photos),
        "values": values,
        "formats": dict(sorted(formats.items())),
    }


def write_baseline(
    model_dir: Path,
    probabilities: NDArray[np.float64],
    photos: PhotoSet,
    config: TrainConfig,
    *,
    threshold: float,
    model_version: str,
) -> None:
    """Write the baseline beside the manifest, from all photos' out-of-fold probabilities.

    Only the photos that represent production count.
    """
    rows = production_rows(photos, config)
    document = baseline(
        probabilities[rows],
        photos.take(rows),
        classes=config.classes,
        vehicles=config.vehicle_columns,
        threshold=threshold,
        model_version=model_version,
        data_digest=photos.digest(config.classes),
    )
    # Compact: only programs read it, and one value a line would make it long.
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    (model_dir / BASELINE_NAME).write_text(text + "\n", encoding="utf-8")


def _values(column: NDArray[Any]) -> list[float]:  # Any: integers and floats
    """Return the sorted values; of more than 5,000, evenly spaced ones."""
    ordered = np.sort(column)
    if len(ordered) > _MOST_VALUES:
        ordered = ordered[np.linspace(0, len(ordered) - 1, _MOST_VALUES).round().astype(int)]
    if np.issubdtype(ordered.dtype, np.integer):
        return [int(value) for value in ordered]
    return [round(float(value), _DECIMALS) for value in ordered]
