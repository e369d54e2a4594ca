"""What became of each photo of an evaluation, as in service: decision, reason and probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handlers.domain.decision.policy import AskReviewer, Assign, decide
from handlers.domain.decision.prediction import Prediction
from handlers.domain.decision.threshold import CALIBRATED, Threshold
from training.data.file_texts import as_utf8, with_utf8_names
from training.data.photo_set import PhotoSet
from training.data.prepared import quality_of
from training.data.sources.files import LabelledFile
from training.data.splits import Split
from training.serving.manifest import Manifest

ASSIGN, REVIEW, REJECT = "assign", "review", "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFile:
    """A labelled file with its place; all texts can be written as UTF-8."""

    path: str  # relative to the folder; the source, class and name in an archive
    file: LabelledFile


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoResult:
    """One file of the folder; without probabilities if it is not a photo that can be read."""

    path: str  # of `FolderFile`
    label: str
    predicted: str  # most probable class; empty if unreadable
    probabilities: Mapping[str, float]  # by class, 0..1
    decision: str  # assign, review or reject
    reason: str  # of a review or rejection
    defects: tuple[str, ...]  # of the quality
    trained_on: bool | None  # None: the model has no list of its training photos

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return one entry of the list of photos."""
        return {
            "path": self.path,
            "label": self.label,
            "predicted": self.predicted,
            "probabilities": {name: round(p, 6) for name, p in self.probabilities.items()},
            "decision": self.decision,
            "reason": self.reason,
            "defects": list(self.defects),
            "trained_on": self.trained_on,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableFile:
    """A file that has no prediction."""

    path: str  # of `FolderFile`
    label: str
    reason: str  # Serialize's reason for a refusal, or the system's error


def results_of(
    files: Sequence[FolderFile],
    photos: PhotoSet,
    probabilities: NDArray[np.float64],
    *,
    manifest: Manifest,
    trained_on: NDArray[np.bool_] | None,
) -> list[PhotoResult]:
    """Return the results of the readable photos; one file, row and flag each.

    The decisions are those of the handler's own rule, for a photo of a signed-in driver.
    """
    threshold = Threshold(value=manifest.threshold, source=CALIBRATED)
    # Which order range does not matter here, only which classes have one.
    vehicles = dict.fromkeys(manifest.vehicle_classes, "")
    results = []
    for row, entry in enumerate(files):
        by_class = dict(zip(manifest.classes, probabilities[row].tolist(), strict=True))
        defects = () if photos.quality is None else quality_of(photos.quality[row]).defects()
        choice = decide(
            Prediction(probabilities=by_class, model_version=manifest.model_version),
            threshold=threshold,
            order_ranges=vehicles,
            has_driver=True,
            defects=defects,
        )
        is_reviewed = isinstance(choice, AskReviewer)
        results.append(
            PhotoResult(
                path=entry.path,
                label=manifest.classes[int(photos.labels[row])],
                predicted=_predicted(by_class, choice),
                probabilities=by_class,
                decision=REVIEW if is_reviewed else ASSIGN,
                reason=choice.reason if isinstance(choice, AskReviewer) else "",
                defects=defects,
                trained_on=None if trained_on is None else bool(trained_on[row]),
            )
        )
    return results


def result_of_unreadable(entry: UnreadableFile) -> PhotoResult:
    """Return the result of a file without a prediction: it is rejected."""
    return PhotoResult(
        path=entry.path,
        label=entry.label,
        predicted="",
        probabilities={},
        decision=REJECT,
        reason=entry.reason,
        defects=(),
        trained_on=None,
    )


def folder_file(file: LabelledFile, folder: Path, side: Split | None) -> FolderFile:
    """Find the place of a file of `find_files`."""
    sides = (side, "") if side else ("",)
    candidates = [
        Path(source, of_side, file.label, file.name)
        for source in (file.source, "")
        for of_side in sides
    ]
    path = next((path for path in candidates if _is_file(folder / path)), Path(str(file)))
    return FolderFile(
        path=as_utf8(path.as_posix()),
        file=with_utf8_names(file),
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name in an archive may be too long, or have a null byte
        return False


def _predicted(by_class: Mapping[str, float], choice: Assign | AskReviewer) -> str:
    """Return the most probable class; the vehicle if it ties with another class."""
    best = max(by_class, key=by_class.__getitem__)
    return choice.vehicle if choice.confidence >= by_class[best] else best
