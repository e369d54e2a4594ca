"""A model on a folder of labelled photos: everything that the evaluation report shows.

It runs the very file that is served, on photos that went through Serialize's own code.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.photo_set import PhotoSet, load_files
from training.data.sources.files import LabelledFile, UnusableData
from training.data.sources.folders import Wanted, find_files, folder_names, is_split
from training.data.splits import SPLITS, Split, digest_of
from training.evaluation.calibration_error import Bin, bins_of
from training.evaluation.curves import RiskPoint, confusion, risk_coverage
from training.evaluation.metrics import Evaluation, evaluate, predict
from training.evaluation.slices import Slice, by_perturbation, by_quality
from training.serving.manifest import Manifest
from training.serving.predictor import Predictor

_WORST = 24
_ALL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A photo that the model is wrong about."""

    file: LabelledFile
    says: str
    confidence: float
    assigned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Predictions, and what they come to."""

    manifest: Manifest
    photos: PhotoSet
    probabilities: NDArray[np.float64]
    unreadable: int
    ignored: tuple[str, ...]  # folders that are no class of the model
    split: Split | None  # None: all photos, of a folder that nobody split
    figures: Evaluation
    by_quality: tuple[Slice, ...]
    by_perturbation: tuple[Slice, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def vehicles(self) -> list[int]:
        """The classes that may be assigned."""
        return [self.manifest.classes.index(name) for name in self.manifest.vehicle_classes]

    def confusion(self) -> NDArray[np.int64]:
        """Photos by true class (row) and guess (column)."""
        return confusion(self.probabilities, self.photos.labels, len(self.manifest.classes))

    def curve(self) -> list[RiskPoint]:
        """Risk and coverage at every threshold."""
        return risk_coverage(self.probabilities, self.photos.labels, vehicles=self.vehicles)

    def bins(self) -> list[Bin]:
        """Confidence and accuracy, in bins of equally many photos."""
        return bins_of(self.probabilities, self.photos.labels)

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """The figures; not the predictions."""
        return {
            "model_version": self.manifest.model_version,
            "threshold": self.manifest.threshold,
            "photos": len(self.photos),
            "side": self.split or "all",
            "unreadable": self.unreadable,
            "ignored_folders": list(self.ignored),
            **self.figures.to_wire(),
            "classes": list(self.manifest.classes),
            "confusion": self.confusion().tolist(),
            "by_quality": [each.to_wire() for each in self.by_quality],
            "by_perturbation": [each.to_wire() for each in self.by_perturbation],
        }


def measure(predictor: Predictor, folder: Path, *, held_back: bool = False) -> Measured:
    """The test photos of a folder; all of one that nobody split, unless `held_back` are wanted.

    Raises: UnusableData.
    """
    manifest = predictor.manifest
    files, split = _photos_in(folder, manifest, held_back=held_back)
    digests = [digest_of(file.read()) for file in files]
    photos = load_files(files, digests, classes=manifest.classes, spec=manifest.input)
    probabilities = predict(predictor, photos)
    by_content = dict(zip(digests, files, strict=True))
    vehicles = [manifest.classes.index(name) for name in manifest.vehicle_classes]
    known = {*manifest.classes, *SPLITS}
    return Measured(
        manifest=manifest,
        photos=photos,
        probabilities=probabilities,
        unreadable=len(files) - len(photos),
        ignored=tuple(name for name in folder_names(folder) if name not in known),
        split=split,
        figures=evaluate(
            probabilities,
            photos,
            classes=manifest.classes,
            vehicles=vehicles,
            threshold=manifest.threshold,
        ),
        by_quality=tuple(
            by_quality(probabilities, photos, vehicles=vehicles, threshold=manifest.threshold)
        ),
        by_perturbation=tuple(by_perturbation(predictor, photos, by_content)),
        mistakes=_worst(probabilities, photos, by_content, manifest),
    )


def _photos_in(
    folder: Path, manifest: Manifest, *, held_back: bool
) -> tuple[list[LabelledFile], Split | None]:
    split: Split | None = "test" if held_back or is_split(folder, manifest.classes) else None
    wanted = Wanted(split=split, classes=manifest.classes, negatives=None, archive_limit=_ALL)
    files = sorted(find_files(folder, wanted), key=str)
    if not files:
        there = ", ".join(folder_names(folder)[:20]) or "none"
        raise UnusableData(
            f"{folder} holds no photos that could be measured: looked for <class>/, "
            f"<source>/<class>/ and <source>/test/<class>/, with the model's classes "
            f"{', '.join(manifest.classes)}; folders there: {there}"
        )
    return files, split


def _worst(
    probabilities: NDArray[np.float64],
    photos: PhotoSet,
    files: dict[str, LabelledFile],
    manifest: Manifest,
) -> tuple[Mistake, ...]:
    """The surest mistakes, those that would have been assigned first."""
    guesses, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    is_vehicle = np.isin(guesses, [manifest.classes.index(n) for n in manifest.vehicle_classes])
    assigned = is_vehicle & (confidence >= manifest.threshold)
    wrong = np.flatnonzero(guesses != photos.labels)
    order = wrong[np.lexsort((-confidence[wrong], ~assigned[wrong]))]
    return tuple(
        Mistake(
            file=files[str(photos.hashes[row])],
            says=manifest.classes[int(guesses[row])],
            confidence=float(confidence[row]),
            assigned=bool(assigned[row]),
        )
        for row in order[:_WORST].tolist()
    )
