"""The records of a validation; `training/validation/checks.py` fills them."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.data.sources.files import LabelledFile
from training.data.splits import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file that was checked."""

    side: Split
    file: LabelledFile
    digest: str

    def __str__(self) -> str:
        return f"{self.side}: {self.file}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Files with the same bytes, or that look the same."""

    members: tuple[Checked, ...]  # two or more

    @property
    def crosses_sides(self) -> bool:
        """Whether training has seen a test photo, which makes every figure too good."""
        return len({member.side for member in self.members}) > 1

    @property
    def labels(self) -> tuple[str, ...]:
        """Return their different labels, sorted; more than one is a contradiction."""
        return tuple(sorted({member.file.label for member in self.members}))

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the files, and whether they cross sides or differ in labels."""
        return {
            "files": [str(member) for member in self.members],
            "crosses_sides": self.crosses_sides,
            "labels": list(self.labels),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A photo whose label a model contradicts."""

    checked: Checked
    predicted: str
    confidence: float  # probability of the predicted class, 0..1
    label_probability: float  # 0..1
    is_out_of_fold: bool  # the model had not seen the photo with this label

    @property
    def doubt(self) -> float:
        """Return by how much the prediction is more probable than the label, 0..1.

        The normalized margin of Northcutt et al. 2021, "Confident learning".
        """
        return self.confidence - self.label_probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The findings of all checks."""

    checked: tuple[Checked, ...]
    unreadable: Mapping[int, str]  # reason by row of `checked`
    duplicates: tuple[Alike, ...]
    near_duplicates: tuple[Alike, ...]
    suspicions: tuple[Suspicion, ...]  # most doubtful first
    model_version: str  # whose predictions were compared; empty if no model knows the labels
    out_of_fold: int  # photos whose predictions are out of fold, and not of that model
    defects: Mapping[str, int]  # photos by quality defect
    sides_px: Mapping[str, float]  # longest side of the photos: smallest, median, largest
    remarks: tuple[str, ...]

    @property
    def leaks(self) -> tuple[Alike, ...]:
        """Return the groups of the same bytes on both sides."""
        return tuple(group for group in self.duplicates if group.crosses_sides)

    @property
    def conflicts(self) -> tuple[Alike, ...]:
        """Return the groups of the same bytes under different labels."""
        return tuple(group for group in self.duplicates if len(group.labels) > 1)

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return the number of files by source, side and class."""
        counts: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(Counter))
        for photo in self.checked:
            counts[photo.file.source][photo.side][photo.file.label] += 1
        return {
            source: {side: dict(labels) for side, labels in sides.items()}
            for source, sides in counts.items()
        }

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the command line's document."""
        return {
            "files": len(self.checked),
            "counts": self.counts(),
            "unreadable": {str(self.checked[row]): why for row, why in self.unreadable.items()},
            "duplicates": [group.to_wire() for group in self.duplicates],
            "near_duplicates": [group.to_wire() for group in self.near_duplicates],
            "label_conflicts": len(self.conflicts),
            "leaks": len(self.leaks),
            "suspicious_labels": [
                {
                    "file": str(suspicion.checked),
                    "sha256": suspicion.checked.digest,
                    "label": suspicion.checked.file.label,
                    "predicted": suspicion.predicted,
                    "confidence": round(suspicion.confidence, 4),
                    "doubt": round(suspicion.doubt, 4),
                    "out_of_fold": suspicion.is_out_of_fold,
                }
                for suspicion in self.suspicions
            ],
            "model_version": self.model_version,
            "out_of_fold": self.out_of_fold,
            "defects": dict(self.defects),
            "sides_px": dict(self.sides_px),
            "remarks": list(self.remarks),
        }
