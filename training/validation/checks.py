"""Checks of labelled photos: duplicates, look-alikes, suspicious labels, quality defects."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.prepared import PreparedPhotos, quality_of
from training.data.sources.files import LabelledFile
from training.validation.balance import remarks
from training.validation.findings import Alike, Checked, Suspicion, Validation
from training.validation.near_duplicates import look_alikes

SUSPICIOUS_FROM = 0.9  # the model's confidence in another label


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePredictions:
    """A model's probabilities for the checked files."""

    probabilities: NDArray[np.float64]  # (files, classes)
    classes: tuple[str, ...]
    model_version: str


def validate(
    checked: Sequence[Checked],
    prepared: PreparedPhotos,
    *,
    why_unreadable: Callable[[LabelledFile], str],
    predictions: FilePredictions | None = None,
) -> Validation:
    """Run all checks; without `predictions` of a model, labels are not suspected.

    `prepared` has one row a checked file; `why_unreadable` returns the reason for a file that
    Serialize refuses.
    """
    readable = np.flatnonzero(prepared.readable)
    duplicates = _same_bytes(checked)
    twins = {id(photo) for group in duplicates for photo in group.members[1:]}
    singles = [row for row in readable.tolist() if id(checked[row]) not in twins]
    pairs = look_alikes(prepared.pixels[singles])
    near = [(singles[first], singles[second]) for first, second in pairs]
    return Validation(
        checked=tuple(checked),
        unreadable={
            row: why_unreadable(checked[row].file)
            for row in np.flatnonzero(~prepared.readable).tolist()
        },
        duplicates=duplicates,
        near_duplicates=_grouped(near, checked),
        suspicions=_suspicions(checked, readable, predictions) if predictions else (),
        model_version=predictions.model_version if predictions else "",
        defects=_defects(prepared.quality[readable]),
        sides_px=_sides_px(prepared.quality[readable]),
        remarks=tuple(remarks(checked)),
    )


def _same_bytes(checked: Iterable[Checked]) -> tuple[Alike, ...]:
    groups: dict[str, list[Checked]] = defaultdict(list)
    for photo in checked:
        groups[photo.digest].append(photo)
    return _worst_first(
        Alike(members=tuple(members)) for members in groups.values() if len(members) > 1
    )


def _grouped(pairs: Iterable[tuple[int, int]], checked: Sequence[Checked]) -> tuple[Alike, ...]:
    """Join pairs that share a photo into groups."""
    group_of: dict[int, set[int]] = {}
    for first, second in pairs:
        merged = group_of.get(first, {first}) | group_of.get(second, {second})
        for row in merged:
            group_of[row] = merged
    groups = {min(group): group for group in group_of.values()}
    return _worst_first(
        Alike(members=tuple(checked[row] for row in sorted(group))) for group in groups.values()
    )


def _worst_first(groups: Iterable[Alike]) -> tuple[Alike, ...]:
    def worst(group: Alike) -> tuple[bool, int, str]:
        return not group.crosses_sides, -len(group.labels), str(group.members[0])

    return tuple(sorted(groups, key=worst))


def _suspicions(
    checked: Sequence[Checked], readable: NDArray[np.int_], predictions: FilePredictions
) -> tuple[Suspicion, ...]:
    suspicions = []
    for row in readable.tolist():
        best = int(predictions.probabilities[row].argmax())
        predicted = predictions.classes[best]
        confidence = float(predictions.probabilities[row, best])
        if predicted != checked[row].file.label and confidence >= SUSPICIOUS_FROM:
            suspicions.append(
                Suspicion(
                    checked=checked[row], predicted=predicted, confidence=round(confidence, 4)
                )
            )
    return tuple(sorted(suspicions, key=lambda suspicion: -suspicion.confidence))


def _defects(quality: NDArray[np.void]) -> dict[str, int]:
    counts = Counter[str]()
    for row in quality:
        counts.update(quality_of(row).defects())
    return dict(sorted(counts.items()))


def _sides_px(quality: NDArray[np.void]) -> dict[str, float]:
    if not len(quality):
        return {}
    longest = np.maximum(quality["width"], quality["height"])
    return {
        "smallest": int(longest.min()),
        "median": float(np.median(longest)),
        "largest": int(longest.max()),
    }
