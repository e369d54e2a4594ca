"""Evaluation of a model on a folder of labelled photos: everything that the report shows.

It runs the file that is served, on photos that went through Serialize's own code, and counts
assignments as the served system makes them.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.file_texts import as_utf8, why_unreadable
from training.data.photo_set import PhotoSet, load_files
from training.data.sources.files import UnusableData
from training.data.sources.folders import Wanted, find_files, folder_names, is_split
from training.data.splits import SPLITS, Split, digest_of
from training.evaluation.calibration_error import Bin, bins_of
from training.evaluation.curves import (
    RiskPoint,
    ThresholdRow,
    confusion,
    risk_coverage,
    threshold_table,
)
from training.evaluation.decision import decide_all
from training.evaluation.metrics import Evaluation, evaluate, predict
from training.evaluation.photo_results import (
    FolderFile,
    PhotoResult,
    UnreadableFile,
    folder_file,
    result_of_unreadable,
    results_of,
)
from training.evaluation.slices import Slice, by_perturbation, by_quality
from training.evaluation.training_photos import TrainingPhotos
from training.serving.manifest import Manifest
from training.serving.predictor import Predictor

_WORST = 24
_ALL = 1_000_000
_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)


class SingleClass(UnusableData):
    """All photos have the same label, so that there is nothing to tell apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A photo whose predicted class is not its label."""

    photo: FolderFile
    predicted: str
    confidence: float  # in the predicted class, 0..1
    assigned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The predictions for a folder, and the figures computed from them."""

    manifest: Manifest
    photos: PhotoSet
    probabilities: NDArray[np.float64]  # (photos, classes)
    files: tuple[FolderFile, ...]  # one a photo
    results: tuple[PhotoResult, ...]  # one a photo
    unreadable: tuple[UnreadableFile, ...]
    ignored: tuple[str, ...]  # folders that are not named like a class of the model
    split: Split | None  # None: all photos, of a folder without train and test sides
    figures: Evaluation
    by_quality: tuple[Slice, ...]
    by_perturbation: tuple[Slice, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def trained_on(self) -> int | None:
        """Return the number of photos that the model was trained on; None: not known."""
        flags = [result.trained_on for result in self.results]
        return None if None in flags else sum(flag is True for flag in flags)

    def photo_list(self) -> list[PhotoResult]:
        """Return the result of every file, unreadable ones included, in the order of paths."""
        results = [*self.results, *map(result_of_unreadable, self.unreadable)]
        return sorted(results, key=lambda result: result.path)

    def thresholds(self) -> list[ThresholdRow]:
        """Return what happens at common thresholds and at the model's own, loosest first."""
        return threshold_table(
            self.probabilities,
            self.photos.labels,
            vehicles=self.manifest.vehicle_columns,
            has_defect=self.photos.has_defect,
            thresholds=sorted({*_THRESHOLDS, self.manifest.threshold}),
        )

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
            "unreadable": {entry.path: entry.reason for entry in self.unreadable},
            "trained_on": self.trained_on,
            "ignored_folders": list(self.ignored),
            **self.figures.to_wire(),
            "classes": list(self.manifest.classes),
            "confusion": self.confusion().tolist(),
            "thresholds": [row.to_wire() for row in self.thresholds()],
            "by_quality": [entry.to_wire() for entry in self.by_quality],
            "by_perturbation": [entry.to_wire() for entry in self.by_perturbation],
        }


def measure(
    predictor: Predictor,
    folder: Path,
    *,
    held_back: bool = False,
    training_photos: TrainingPhotos | None = None,
) -> Measured:
    """Evaluate the model on the test photos of a folder.

    Of a folder without train and test sides, all photos are used, or with `held_back` only those
    that training on it would hold back. `training_photos` are those of the model, if it has a list.

    Raises: UnusableData, which is SingleClass if all photos have one label.
    """
    manifest = predictor.manifest
    files, split = _photos_in(folder, manifest, held_back=held_back)
    opened, digests = _opened(files)
    photos = load_files(
        [entry.file for entry in opened], digests, classes=manifest.classes, spec=manifest.input
    )
    _check_labels(photos, manifest, folder)
    is_readable = np.isin(digests, photos.hashes).tolist()
    readable = [entry for entry, flag in zip(opened, is_readable, strict=True) if flag]
    measured = set(map(id, readable))
    probabilities = predict(predictor, photos)
    trained_on = training_photos.include(photos.hashes.tolist()) if training_photos else None
    vehicles = manifest.vehicle_columns
    known = {*manifest.classes, *SPLITS}
    return Measured(
        manifest=manifest,
        photos=photos,
        probabilities=probabilities,
        files=tuple(readable),
        results=tuple(
            results_of(readable, photos, probabilities, manifest=manifest, trained_on=trained_on)
        ),
        unreadable=tuple(
            UnreadableFile(
                path=entry.path, label=entry.file.label, reason=why_unreadable(entry.file)
            )
            for entry in files
            if id(entry) not in measured
        ),
        ignored=tuple(as_utf8(name) for name in folder_names(folder) if name not in known),
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
        by_perturbation=tuple(
            by_perturbation(
                predictor,
                photos,
                {
                    str(digest): entry.file
                    for digest, entry in zip(photos.hashes, readable, strict=True)
                },
            )
        ),
        mistakes=_worst(probabilities, photos, readable, manifest),
    )


def _opened(files: Sequence[FolderFile]) -> tuple[list[FolderFile], list[str]]:
    """Return the files that can be opened, and their digests."""
    opened, digests = [], []
    for entry in files:
        # A file that cannot be opened is listed as unreadable, with the system's reason.
        with suppress(OSError):
            digests.append(digest_of(entry.file.read()))
            opened.append(entry)
    return opened, digests


def _check_labels(photos: PhotoSet, manifest: Manifest, folder: Path) -> None:
    labels = np.unique(photos.labels).tolist()
    if len(labels) == 1:
        others = [name for name in manifest.classes if name != manifest.classes[labels[0]]]
        raise SingleClass(
            f"all {len(photos)} photos under {folder} are {manifest.classes[labels[0]]!r}: with "
            "one class there is nothing to tell apart; add photos of one or more of "
            f"{', '.join(others)}"
        )


def _photos_in(
    folder: Path, manifest: Manifest, *, held_back: bool
) -> tuple[list[FolderFile], Split | None]:
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
    return [folder_file(file, folder, split) for file in files], split


def _worst(
    probabilities: NDArray[np.float64],
    photos: PhotoSet,
    files: Sequence[FolderFile],
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
            photo=files[row],
            predicted=manifest.classes[int(decisions.predicted[row])],
            confidence=float(confidence[row]),
            assigned=bool(decisions.assigned[row]),
        )
        for row in order[:_WORST].tolist()
    )
