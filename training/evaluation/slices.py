"""A model's figures on the hardest photos of vehicles: by quality, and with perturbations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handlers.domain.photo import wire_image
from monitoring.statistics.proportions import Proportion, proportion
from training.data.photo_set import PhotoSet
from training.data.sources.files import LabelledFile
from training.evaluation.decision import decide_all
from training.evaluation.metrics import probabilities_of
from training.evaluation.perturbations import ALTERATIONS, TURNED_WITH_EXIF, altered
from training.serving import preprocess
from training.serving.predictor import Predictor

_ALTERED = 200  # photos of vehicles; as many copies of each as there are alterations


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Photos of vehicles that have something in common."""

    name: str
    right: Proportion
    assigned: Proportion  # without a person: confident enough, and without a quality defect
    wrong: Proportion  # of the assigned
    poor: int  # photos with a quality defect, which a person decides at any confidence

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the form of the command line."""
        return {
            "name": self.name,
            "right": self.right.to_wire(),
            "assigned": self.assigned.to_wire(),
            "wrong_among_assigned": self.wrong.to_wire(),
            "poor": self.poor,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VehiclePredictions:
    """Predictions for N photos of vehicles, one row a photo."""

    probabilities: NDArray[np.float64]  # (N, classes)
    labels: NDArray[np.int64]
    poor: NDArray[np.bool_]  # has a quality defect

    def slice(
        self, name: str, rows: NDArray[np.bool_], *, vehicles: Sequence[int], threshold: float
    ) -> Slice:
        """Compute the figures of the photos whose flag in `rows`, shape (N,), is True."""
        decisions = decide_all(
            self.probabilities, vehicles=vehicles, threshold=threshold, has_defect=self.poor
        )
        right = decisions.predicted == self.labels
        assigned = rows & decisions.assigned
        return Slice(
            name=name,
            right=proportion(int((right & rows).sum()), int(rows.sum())),
            assigned=proportion(int(assigned.sum()), int(rows.sum())),
            wrong=proportion(int((assigned & ~right).sum()), int(assigned.sum())),
            poor=int((rows & self.poor).sum()),
        )


def by_quality(
    probabilities: NDArray[np.float64],
    photos: PhotoSet,
    *,
    vehicles: Sequence[int],
    threshold: float,
) -> list[Slice]:
    """Group the photos of vehicles by their quality; each fifth is a fifth of those photos.

    Groups without photos are left out; without quality figures the list is empty.
    """
    rows = np.isin(photos.labels, vehicles)
    if photos.quality is None or not rows.any():
        return []
    quality = photos.quality[rows]
    predictions = VehiclePredictions(
        probabilities=probabilities[rows],
        labels=photos.labels[rows],
        poor=photos.has_defect[rows],
    )
    slices = [
        predictions.slice(name, chosen, vehicles=vehicles, threshold=threshold)
        for name, chosen in _groups(quality)
    ]
    return [entry for entry in slices if entry.right.of]


def _groups(quality: NDArray[np.void]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    longest = np.maximum(quality["width"], quality["height"])
    yield "all", np.ones(len(quality), dtype=np.bool_)
    yield "darkest fifth", _lowest_fifth(quality["brightness"])
    yield "brightest fifth", _lowest_fifth(-quality["brightness"])
    yield "flattest fifth", _lowest_fifth(quality["contrast"])
    yield "most blurred fifth", _lowest_fifth(quality["sharpness"])
    yield "under 64 pixels", longest < 64
    yield "64 to 255 pixels", (longest >= 64) & (longest < 256)
    yield "256 pixels and more", longest >= 256
    yield "turned, by EXIF orientation", quality["orientation"] > 1


def _lowest_fifth(column: NDArray[Any]) -> NDArray[np.bool_]:  # Any: integers and floats
    return np.asarray(column <= np.quantile(column, 0.2))


def by_perturbation(
    predictor: Predictor, photos: PhotoSet, files: Mapping[str, LabelledFile]
) -> list[Slice]:
    """Predict up to 200 photos of vehicles with every alteration.

    `files` are by digest. The photos are chosen by their digest, so always the same ones.
    """
    manifest = predictor.manifest
    vehicles = manifest.vehicle_columns
    rows = np.flatnonzero(np.isin(photos.labels, vehicles))
    rows = rows[np.argsort(photos.hashes[rows], kind="stable")][:_ALTERED]
    copies = [altered(files[str(photos.hashes[row])].read()) for row in rows]
    slices = []
    for name in (*ALTERATIONS, TURNED_WITH_EXIF) if copies else ():
        prepared = [wire_image.prepare(copy[name]) for copy in copies]
        readable = [photo for photo in prepared if isinstance(photo, wire_image.Prepared)]
        pixels = np.stack(
            [
                preprocess.to_pixels(preprocess.decode(photo.wire_image), manifest.input)
                for photo in readable
            ]
        )
        predictions = VehiclePredictions(
            probabilities=probabilities_of(predictor, pixels),
            labels=photos.labels[rows],
            poor=np.array([bool(photo.quality.defects()) for photo in readable], dtype=np.bool_),
        )
        all_rows = np.ones(len(rows), dtype=np.bool_)
        slices.append(
            predictions.slice(name, all_rows, vehicles=vehicles, threshold=manifest.threshold)
        )
    return slices
