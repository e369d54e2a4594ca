"""Calibration where it may fail: by source, and by fifths of sharpness, size and brightness.

One figure over all photos hides that confidence may be too high on dark ones and too low on others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.photo_set import PhotoSet
from training.evaluation.calibration_error import debiased_calibration_error

_FIFTHS = 5
_RESAMPLES = 400
_LEAST = 60  # photos: with fewer, 15 bins would have three or less
_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationSlice:
    """The debiased calibration error of photos that have something in common."""

    name: str
    photos: int
    error: float  # 0..1
    low: float  # 95 % bootstrap interval, percentiles
    high: float

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the manifest's form."""
        return {
            "name": self.name,
            "photos": self.photos,
            "error": round(self.error, 5),
            "low": round(self.low, 5),
            "high": round(self.high, 5),
        }


def calibration_slices(
    probabilities: NDArray[np.float64], photos: PhotoSet, *, seed: int = 1
) -> list[CalibrationSlice]:
    """Return the errors by source, then by fifths; slices of fewer than 60 photos are left out.

    `probabilities` has the shape (photos, classes). Without quality figures there are no fifths.
    """
    generator = np.random.default_rng(seed)
    return [
        _slice(name, probabilities[rows], photos.labels[rows], generator)
        for name, rows in _groups(photos)
        if rows.sum() >= _LEAST
    ]


def _groups(photos: PhotoSet) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for source in np.unique(photos.sources).tolist():
        yield f"source {source}", np.asarray(photos.sources == source)
    if photos.quality is None:
        return
    columns = {
        "sharpness": photos.quality["sharpness"],
        "longer side": np.maximum(photos.quality["width"], photos.quality["height"]),
        "brightness": photos.quality["brightness"],
    }
    for name, column in columns.items():
        # By rank, so that the fifths are equal where many photos have the same value.
        ranks = np.argsort(np.argsort(column, kind="stable"), kind="stable")
        fifths = ranks * _FIFTHS // len(ranks)
        for fifth in range(_FIFTHS):
            yield f"{name}, fifth {fifth + 1} of {_FIFTHS}", np.asarray(fifths == fifth)


def _slice(
    name: str,
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    generator: np.random.Generator,
) -> CalibrationSlice:
    count = len(labels)
    resamples = generator.integers(0, count, (_RESAMPLES, count))
    errors = [debiased_calibration_error(probabilities[rows], labels[rows]) for rows in resamples]
    low, high = np.quantile(errors, _INTERVAL)
    return CalibrationSlice(
        name=name,
        photos=count,
        error=debiased_calibration_error(probabilities, labels),
        low=float(low),
        high=float(high),
    )
