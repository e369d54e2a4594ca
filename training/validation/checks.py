"""What is wrong with labelled photos, looked for before anything is learnt from them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handlers.domain.photo.quality import Quality
from training.data.prepared import PreparedPhotos
from training.data.sources.files import LabelledFile
from training.validation.balance import remarks
from training.validation.findings import Alike, Checked, Suspicion, Validation
from training.validation.near_duplicates import look_alikes

SUSPICIOUS_FROM = 0.9  # the model's confidence in another label


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A model's probabilities: one row a file, one column a class."""

    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]
    model_version: str


def validate(
    checked: Sequence[Checked],
    prepared: PreparedPhotos,
    *,
    why_unreadable: Callable[[LabelledFile], str],
    judged: Judgement | None = None,
) -> Validation:
    """Look at everything; `judged` holds a model's probabilities, where there is a model."""
    readable = np.flatnonzero(prepared.readable)
    duplicates = _same_bytes(checked)
    twins = {id(each) for group in duplicates for each in group.members[1:]}
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
        suspicions=_suspicions(checked, readable, judged) if judged else (),
        judged_by=judged.model_version if judged else "",
        defects=_defects(prepared.quality[readable]),
        sides_px=_sides_px(prepared.quality[readable]),
        remarks=tuple(remarks(checked)),
    )


def _same_bytes(checked: Iterable[Checked]) -> tuple[Alike, ...]:
    groups: dict[str, list[Checked]] = defaultdict(list)
    for each in checked:
        groups[each.digest].append(each)
    return _worst_first(Alike(members=tuple(each)) for each in groups.values() if len(each) > 1)


def _grouped(pairs: Iterable[tuple[int, int]], checked: Sequence[Checked]) -> tuple[Alike, ...]:
    """Pairs that share a photo become one group."""
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
    def worst(each: Alike) -> tuple[bool, int, str]:
        return not each.crosses_sides, -len(each.labels), str(each.members[0])

    return tuple(sorted(groups, key=worst))


def _suspicions(
    checked: Sequence[Checked], readable: NDArray[np.int_], judged: Judgement
) -> tuple[Suspicion, ...]:
    found = []
    for row in readable.tolist():
        best = int(judged.probabilities[row].argmax())
        confidence = float(judged.probabilities[row, best])
        if judged.classes[best] != checked[row].file.label and confidence >= SUSPICIOUS_FROM:
            says = judged.classes[best]
            found.append(
                Suspicion(checked=checked[row], says=says, confidence=round(confidence, 4))
            )
    return tuple(sorted(found, key=lambda each: -each.confidence))


def _defects(quality: NDArray[np.void]) -> dict[str, int]:
    names = quality.dtype.names or ()
    found = Counter[str]()
    for row in quality:
        found.update(Quality.from_wire(dict(zip(names, row, strict=True))).defects())
    return dict(sorted(found.items()))


def _sides_px(quality: NDArray[np.void]) -> dict[str, float]:
    if not len(quality):
        return {}
    longest = np.maximum(quality["width"], quality["height"])
    return {
        "smallest": int(longest.min()),
        "median": float(np.median(longest)),
        "largest": int(longest.max()),
    }
