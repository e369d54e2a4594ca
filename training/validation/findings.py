"""What a look at labelled photos found: the records; `validation.py` does the looking."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.data.sources.files import LabelledFile
from training.data.splits import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file that was looked at."""

    side: Split
    file: LabelledFile
    digest: str

    def __str__(self) -> str:
        return f"{self.side}: {self.file}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Files that are the same, or look the same."""

    members: tuple[Checked, ...]

    @property
    def crosses_sides(self) -> bool:
        """A test photo that was learnt from flatters every figure."""
        return len({each.side for each in self.members}) > 1

    @property
    def labels(self) -> tuple[str, ...]:
        """What they are called; more than one contradict each other."""
        return tuple(sorted({each.file.label for each in self.members}))

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Also what follows from it."""
        return {
            "files": [str(each) for each in self.members],
            "crosses_sides": self.crosses_sides,
            "labels": list(self.labels),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A label that a model is sure is another."""

    checked: Checked
    says: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Everything that was found."""

    checked: tuple[Checked, ...]
    unreadable: Mapping[int, str]  # row → why
    duplicates: tuple[Alike, ...]
    near_duplicates: tuple[Alike, ...]
    suspicions: tuple[Suspicion, ...]
    judged_by: str  # model version; empty where none fits
    defects: Mapping[str, int]  # photos that a person would have to look at
    sides_px: Mapping[str, float]  # of the photos: shortest, median, longest side
    remarks: tuple[str, ...]

    @property
    def leaks(self) -> tuple[Alike, ...]:
        """The same bytes on both sides."""
        return tuple(each for each in self.duplicates if each.crosses_sides)

    @property
    def conflicts(self) -> tuple[Alike, ...]:
        """The same bytes under two labels."""
        return tuple(each for each in self.duplicates if len(each.labels) > 1)

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Files by source, side and class."""
        found: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(Counter))
        for each in self.checked:
            found[each.file.source][each.side][each.file.label] += 1
        return {
            source: {side: dict(labels) for side, labels in sides.items()}
            for source, sides in found.items()
        }

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """The command line's document."""
        return {
            "files": len(self.checked),
            "counts": self.counts(),
            "unreadable": {str(self.checked[row]): why for row, why in self.unreadable.items()},
            "duplicates": [each.to_wire() for each in self.duplicates],
            "near_duplicates": [each.to_wire() for each in self.near_duplicates],
            "label_conflicts": len(self.conflicts),
            "leaks": len(self.leaks),
            "suspicious_labels": [
                {"file": str(each.checked), "model_says": each.says, "confidence": each.confidence}
                for each in self.suspicions
            ],
            "judged_by": self.judged_by,
            "defects": dict(self.defects),
            "sides_px": dict(self.sides_px),
            "remarks": list(self.remarks),
        }
