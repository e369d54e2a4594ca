"""What a shipped model is worth on labelled photos, with intervals.

It runs the very file that is served, through the server's own `Predictor`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.statistics.proportions import Proportion, proportion
from training.data.photo_set import PhotoSet
from training.data.sources.files import UnusableData
from training.evaluation.calibration import acceptance
from training.evaluation.calibration_error import calibration_error, debiased_calibration_error
from training.serving.predictor import Predictor, softmax
from training.serving.preprocess import normalise

_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """One class of one source."""

    source: str
    label: str
    right: Proportion
    forced_right: (
        Proportion | None
    )  # choosing among vehicles only; None where there is none to find
    assigned: Proportion
    assigned_right: Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All groups, and the figures over them."""

    groups: tuple[GroupResult, ...]
    forced_by_source: dict[str, Proportion]
    assigned_right: Proportion  # of all automatic assignments, those of non-vehicles included
    vehicles_assigned: Proportion
    non_vehicles_assigned: Proportion
    calibration_error: float
    calibration_error_debiased: float

    @property
    def forced_macro_average(self) -> float:
        """Mean over sources, so that a large source does not drown a small one."""
        values = [entry.value for entry in self.forced_by_source.values()]
        return float(np.mean(values)) if values else 0.0

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """The manifest's and the command line's form."""
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
    """One flag a photo."""

    assigned: NDArray[np.bool_]
    right: NDArray[np.bool_]
    forced: NDArray[np.bool_]  # right when only vehicles may be answered


def corrected(photos: PhotoSet, corrections: Mapping[str, str], classes: Sequence[str]) -> PhotoSet:
    """With the labels that a person set right, by digest of the photo."""
    labels = [
        classes.index(corrections.get(str(digest), classes[label]))
        for digest, label in zip(photos.hashes, photos.labels, strict=True)
    ]
    return replace(photos, labels=np.array(labels, dtype=np.int64))


def of_sources(photos: PhotoSet, sources: Sequence[str]) -> PhotoSet:
    """The photos of these sources; all photos where none is named. Raises: UnusableData."""
    missing = sorted({*sources} - {*photos.sources.tolist()})
    if missing:
        raise UnusableData(f"no test photos of the sources {', '.join(missing)}")
    return photos.take(np.isin(photos.sources, sources)) if sources else photos


def predict(predictor: Predictor, photos: PhotoSet) -> NDArray[np.float64]:
    """Calibrated probabilities, one row a photo."""
    return probabilities_of(predictor, photos.pixels)


def probabilities_of(predictor: Predictor, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The same from pixels at the model's input size."""
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
) -> Evaluation:
    """The figures of one set of predictions."""
    counted = acceptance(probabilities, photos.labels, vehicles=vehicles, threshold=threshold)
    outcomes = _outcomes(probabilities, photos.labels, vehicles, threshold)
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
        assigned_right=proportion(counted.accepted - counted.errors, counted.accepted),
        vehicles_assigned=_share_of(outcomes.assigned, is_vehicle),
        non_vehicles_assigned=proportion(counted.non_vehicles_accepted, counted.non_vehicles),
        calibration_error=calibration_error(probabilities, photos.labels),
        calibration_error_debiased=debiased_calibration_error(probabilities, photos.labels),
    )


def _outcomes(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    vehicles: Sequence[int],
    threshold: float,
) -> _Outcomes:
    guesses = probabilities.argmax(axis=1)
    among_vehicles = np.asarray(vehicles)[probabilities[:, list(vehicles)].argmax(axis=1)]
    return _Outcomes(
        assigned=np.isin(guesses, vehicles) & (probabilities.max(axis=1) >= threshold),
        right=np.asarray(guesses == labels),
        forced=np.asarray(among_vehicles == labels),
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
