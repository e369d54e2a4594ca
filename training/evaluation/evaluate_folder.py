"""Evaluation of a model on a folder of labelled photos: everything that the report shows.

It runs the file that is served, on photos that went through Serialize's own code, and counts
assignments as the served system makes them.
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
from training.evaluation.decision import decide_all
from training.evaluation.metrics import Evaluation, evaluate, predict
from training.evaluation.slices import Slice, by_perturbation, by_quality
from training.serving.manifest import Manifest
from training.serving.predictor import Predictor

_WORST = 24
_ALL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A photo whose predicted class is not its label."""

    file: LabelledFile
    predicted: str
    confidence: float  # in the predicted class, 0..1
    assigned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The predictions for a folder, and the figures computed from them."""

    manifest: Manifest
    photos: PhotoSet
    probabilities: NDArray[np.float64]  # (photos, classes)
    unreadable: int  # files
    ignored: tuple[str, ...]  # folders that are not named like a class of the model
    split: Split | None  # None: all photos, of a folder without train and test sides
    figures: Evaluation
    by_quality: tuple[Slice, ...]
    by_perturbation: tuple[Slice, ...]
    mistakes: tuple[Mistake, ...]

    def confusion(self) -> NDArray[np.int64]:
        """Return counts of photos: true class in rows, predicted class in columns."""
        return confusion(self.probabilities, self.photos.labels, len(self.manifest.classes))

    def curve(self) -> list[RiskPoint]:
        """Return risk and coverage at every threshold, strictest first."""
        return risk_coverage(
            self.probabilities,
            self.photos.labels,
            vehicles=self.manifest.vehicle_columns,
            has_defect=self.photos.has_defect,
        )

    def bins(self) -> list[Bin]:
        """Return confidence and accuracy in bins of equally many photos."""
        return bins_of(self.probabilities, self.photos.labels)

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the figures, without the predictions."""
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
            "by_quality": [entry.to_wire() for entry in self.by_quality],
            "by_perturbation": [entry.to_wire() for entry in self.by_perturbation],
        }


def measure(predictor: Predictor, folder: Path, *, held_back: bool = False) -> Measured:
    """Evaluate the model on the test photos of a folder.

    Of a folder without train and test sides, all photos are used, or with `held_back` only those
    that training on it would hold back.

    Raises: UnusableData.
    """
    manifest = predictor.manifest
    files, split = _photos_in(folder, manifest, held_back=held_back)
    digests = [digest_of(file.read()) for file in files]
    photos = load_files(files, digests, classes=manifest.classes, spec=manifest.input)
    probabilities = predict(predictor, photos)
    by_content = dict(zip(digests, files, strict=True))
    vehicles = manifest.vehicle_columns
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
            has_defect=photos.has_defect,
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
        names = ", ".join(folder_names(folder)[:20]) or "none"
        raise UnusableData(
            f"{folder} has no photos to evaluate: looked for <class>/, <source>/<class>/ and "
            f"<source>/test/<class>/, with the model's classes {', '.join(manifest.classes)}; "
            f"folders there: {names}"
        )
    return files, split


def _worst(
    probabilities: NDArray[np.float64],
    photos: PhotoSet,
    files: dict[str, LabelledFile],
    manifest: Manifest,
) -> tuple[Mistake, ...]:
    """Return the most confident mistakes; those that were assigned come first."""
    decisions = decide_all(
        probabilities,
        vehicles=manifest.vehicle_columns,
        threshold=manifest.threshold,
        has_defect=photos.has_defect,
    )
    confidence = probabilities.max(axis=1)
    wrong = np.flatnonzero(decisions.predicted != photos.labels)
    order = wrong[np.lexsort((-confidence[wrong], ~decisions.assigned[wrong]))]
    return tuple(
        Mistake(
            file=files[str(photos.hashes[row])],
            predicted=manifest.classes[int(decisions.predicted[row])],
            confidence=float(confidence[row]),
            assigned=bool(decisions.assigned[row]),
        )
        for row in order[:_WORST].tolist()
    )
