"""A model's figures on labelled photos, with intervals.

It runs the file that is served, through the server's own `Predictor`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.statistics.proportions import Proportion, proportion
from training.data.photo_set import PhotoSet
from training.data.sources.files import UnusableData
from training.evaluation.calibration_error import calibration_error, debiased_calibration_error
from training.evaluation.decision import decide_all
from training.serving.predictor import Predictor, softmax
from training.serving.preprocess import normalise

_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """The photos of one class of one source."""

    source: str
    label: str
    right: Proportion
    forced_right: Proportion | None  # choosing among vehicles only; None for non-vehicles
    assigned: Proportion
    assigned_right: Proportion  # of the assigned


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All groups, and the figures over them."""

    groups: tuple[GroupResult, ...]
    forced_by_source: dict[str, Proportion]  # vehicles named rightly, choosing among vehicles only
    assigned_right: Proportion  # of all automatic assignments, those of non-vehicles included
    vehicles_assigned: Proportion
    non_vehicles_assigned: Proportion
    calibration_error: float  # 0..1
    calibration_error_debiased: float

    @property
    def forced_macro_average(self) -> float:
        """Return the mean over sources, 0..1, so that a large source does not hide a small one."""
        values = [entry.value for entry in self.forced_by_source.values()]
        return float(np.mean(values)) if values else 0.0

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the form of the manifest and the command line."""
        return {
            "forced_choice_by_source": {
                name: entry.to_wire() for name, entry in self.forced_by_source.items()
            },
            "forced_choice_macro_average": round(self.forced_macro_average, 5),
            "right_among_assigned": self.assigned_right.to_wire(),
            "vehicles_assigned": self.vehicles_assigned.to_wire(),
            "non_vehicles_assigned": self.non_vehicles_assigned.to_wire(),
            "calibration_error": round(self.calibration_error, 5),
            "calibration_error_debiased": round(self.calibration_error_debiased, 5),
            "groups": [
                {
                    "source": group.source,
                    "label": group.label,
                    "right": group.right.to_wire(),
                    "assigned": group.assigned.to_wire(),
                    "assigned_right": group.assigned_right.to_wire(),
                }
                for group in self.groups
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcomes:
    """Flags, (N,) each."""

    assigned: NDArray[np.bool_]
    right: NDArray[np.bool_]
    forced: NDArray[np.bool_]  # right, choosing among vehicles only


def corrected(photos: PhotoSet, corrections: Mapping[str, str], classes: Sequence[str]) -> PhotoSet:
    """Replace the labels that a person corrected; `corrections` are labels by photo digest."""
    labels = [
        classes.index(corrections.get(str(digest), classes[label]))
        for digest, label in zip(photos.hashes, photos.labels, strict=True)
    ]
    return replace(photos, labels=np.array(labels, dtype=np.int64))


def of_sources(photos: PhotoSet, sources: Sequence[str]) -> PhotoSet:
    """Return the photos of these sources; all photos if `sources` is empty.

    Raises: UnusableData, for a source without photos.
    """
    missing = sorted({*sources} - {*photos.sources.tolist()})
    if missing:
        raise UnusableData(f"no test photos of the sources {', '.join(missing)}")
    return photos.take(np.isin(photos.sources, sources)) if sources else photos


def predict(predictor: Predictor, photos: PhotoSet) -> NDArray[np.float64]:
    """Return calibrated probabilities, shape (photos, classes)."""
    return probabilities_of(predictor, photos.pixels)


def probabilities_of(predictor: Predictor, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the same from pixels (N, height, width, RGB) at the model's input size."""
    spec = predictor.manifest.input
    rows = [
        predictor.logits(normalise(pixels[start : start + _BATCH], spec))
        for start in range(0, len(pixels), _BATCH)
    ]
    return softmax(np.concatenate(rows) / predictor.manifest.temperature)


def evaluate(
    probabilities: NDArray[np.float64],
    photos: PhotoSet,
    *,
    classes: Sequence[str],
    vehicles: Sequence[int],
    threshold: float,
    has_defect: NDArray[np.bool_] | None,
) -> Evaluation:
    """Compute the figures of one set of predictions, shape (photos, classes).

    `has_defect` is `photos.has_defect` for figures of the served system, and None for figures of
    the model alone; see `training/evaluation/decision.py`.
    """
    decisions = decide_all(
        probabilities, vehicles=vehicles, threshold=threshold, has_defect=has_defect
    )
    outcomes = _Outcomes(
        assigned=decisions.assigned,
        right=np.asarray(decisions.predicted == photos.labels),
        forced=np.asarray(decisions.vehicle == photos.labels),
    )
    is_vehicle = np.isin(photos.labels, vehicles)
    pairs = sorted(set(zip(photos.sources.tolist(), photos.labels.tolist(), strict=True)))
    return Evaluation(
        groups=tuple(
            _group(
                (photos.sources == source) & (photos.labels == label),
                outcomes,
                source=source,
                label=classes[label],
                is_vehicle=label in vehicles,
            )
            for source, label in pairs
        ),
        forced_by_source={
            source: _share_of(outcomes.forced, is_vehicle & (photos.sources == source))
            for source in np.unique(photos.sources[is_vehicle]).tolist()
        },
        assigned_right=_share_of(outcomes.right, outcomes.assigned),
        vehicles_assigned=_share_of(outcomes.assigned, is_vehicle),
        non_vehicles_assigned=_share_of(outcomes.assigned, ~is_vehicle),
        calibration_error=calibration_error(probabilities, photos.labels),
        calibration_error_debiased=debiased_calibration_error(probabilities, photos.labels),
    )


def _share_of(flags: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Proportion:
    return proportion(int(flags[rows].sum()), int(rows.sum()))


def _group(
    rows: NDArray[np.bool_], outcomes: _Outcomes, *, source: str, label: str, is_vehicle: bool
) -> GroupResult:
    return GroupResult(
        source=source,
        label=label,
        right=_share_of(outcomes.right, rows),
        forced_right=_share_of(outcomes.forced, rows) if is_vehicle else None,
        assigned=_share_of(outcomes.assigned, rows),
        assigned_right=_share_of(outcomes.right, rows & outcomes.assigned),
    )
