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


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePredictions:
    """Probabilities for the checked files."""

    probabilities: NDArray[np.float64]  # (files, classes); a row of NaN is not predicted
    is_out_of_fold: NDArray[np.bool_]  # (files,): not by the model, but by one that had not seen it
    classes: tuple[str, ...]
    model_version: str  # empty if all are out of fold


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
        out_of_fold=int(predictions.is_out_of_fold[readable].sum()) if predictions else 0,
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
    """Return the photos whose most probable class is not their label, most doubtful first."""
    suspicions = []
    for row in readable.tolist():
        probabilities = predictions.probabilities[row]
        label = checked[row].file.label
        best = int(probabilities.argmax())
        if np.isnan(probabilities).any() or predictions.classes[best] == label:
            continue
        suspicions.append(
            Suspicion(
                checked=checked[row],
                predicted=predictions.classes[best],
                confidence=float(probabilities[best]),
                label_probability=float(probabilities[predictions.classes.index(label)]),
                is_out_of_fold=bool(predictions.is_out_of_fold[row]),
            )
        )
    return tuple(sorted(suspicions, key=lambda suspicion: -suspicion.doubt))


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
