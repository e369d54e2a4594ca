"""A model's figures on the photos that are hardest: as they came, and made hard on purpose."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handlers.domain.photo import wire_image
from handlers.domain.photo.quality import Quality
from monitoring.statistics.proportions import Proportion, proportion
from training.data.photo_set import PhotoSet
from training.data.sources.files import LabelledFile
from training.evaluation.metrics import probabilities_of
from training.evaluation.perturbations import ALTERATIONS, TURNED_WITH_NOTE, altered
from training.serving import preprocess
from training.serving.predictor import Predictor

_ALTERED = 200  # photos of vehicles; as many copies of each as there are alterations


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Photos of vehicles that have something in common."""

    name: str
    right: Proportion
    assigned: Proportion  # without a person: sure enough, and not too poor a photo
    wrong: Proportion  # of those
    poor: int  # sent to a person for their quality, however sure the model is

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """The command line's form."""
        return {
            "name": self.name,
            "right": self.right.to_wire(),
            "assigned": self.assigned.to_wire(),
            "wrong_among_assigned": self.wrong.to_wire(),
            "poor": self.poor,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Predictions for photos of vehicles, one row a photo."""

    probabilities: NDArray[np.float64]
    labels: NDArray[np.int64]
    poor: NDArray[np.bool_]

    def slice(
        self, name: str, rows: NDArray[np.bool_], *, vehicles: Sequence[int], threshold: float
    ) -> Slice:
        """The figures of some rows."""
        guesses = self.probabilities.argmax(axis=1)
        sure = np.isin(guesses, vehicles) & (self.probabilities.max(axis=1) >= threshold)
        right = guesses == self.labels
        assigned = rows & sure & ~self.poor
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
    """As the photos came; the fifths are of the vehicles' photos."""
    rows = np.isin(photos.labels, vehicles)
    if photos.quality is None or not rows.any():
        return []
    quality = photos.quality[rows]
    answers = Answers(
        probabilities=probabilities[rows],
        labels=photos.labels[rows],
        poor=np.array([bool(quality_of(row).defects()) for row in quality], dtype=np.bool_),
    )
    found = [
        answers.slice(name, chosen, vehicles=vehicles, threshold=threshold)
        for name, chosen in _groups(quality)
    ]
    return [each for each in found if each.right.of]


def quality_of(row: np.void) -> Quality:
    """A row of `PhotoSet.quality` as the record that it was."""
    return Quality.from_wire(dict(zip(row.dtype.names or (), row.tolist(), strict=True)))


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
    yield "turned, as EXIF says", quality["orientation"] > 1


def _lowest_fifth(column: NDArray[Any]) -> NDArray[np.bool_]:  # Any: integers and floats
    return np.asarray(column <= np.quantile(column, 0.2))


def by_perturbation(
    predictor: Predictor, photos: PhotoSet, files: Mapping[str, LabelledFile]
) -> list[Slice]:
    """The same photos, each made hard in every way; which photos, their content decides."""
    manifest = predictor.manifest
    vehicles = [manifest.classes.index(name) for name in manifest.vehicle_classes]
    rows = np.flatnonzero(np.isin(photos.labels, vehicles))
    rows = rows[np.argsort(photos.hashes[rows], kind="stable")][:_ALTERED]
    copies = [altered(files[str(photos.hashes[row])].read()) for row in rows]
    found = []
    for name in (*ALTERATIONS, TURNED_WITH_NOTE) if copies else ():
        prepared = [wire_image.prepare(copy[name]) for copy in copies]
        readable = [each for each in prepared if isinstance(each, wire_image.Prepared)]
        pixels = np.stack(
            [
                preprocess.to_pixels(preprocess.decode(each.wire_image), manifest.input)
                for each in readable
            ]
        )
        answers = Answers(
            probabilities=probabilities_of(predictor, pixels),
            labels=photos.labels[rows],
            poor=np.array([bool(each.quality.defects()) for each in readable], dtype=np.bool_),
        )
        everything = np.ones(len(rows), dtype=np.bool_)
        found.append(
            answers.slice(name, everything, vehicles=vehicles, threshold=manifest.threshold)
        )
    return found
