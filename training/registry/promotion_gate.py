"""The promotion gate: whether a candidate may replace the current model. Pure.

Both models predict the same photos, so the tests are paired: only photos on which the two differ
carry information. A candidate passes if it is provably better in one of three figures and not
provably worse, nor possibly much worse, in any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.paired_figures import (
    FORCED,
    NOT_WRONGLY_ASSIGNED,
    RIGHTLY_ASSIGNED,
    NamedDecisions,
    paired_figures,
)
from training.evaluation.paired_tests import PairedComparison, compare_paired

PASSED, REFUSED = "passed", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What the rest of the system relies on; a change of it must be allowed explicitly."""

    classes: tuple[str, ...]
    vehicle_classes: tuple[str, ...]
    input: Mapping[str, Any]  # JSON values of the manifest's `input`


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPredictions(NamedDecisions):
    """One model's decisions, and what the rest of the system relies on."""

    model_version: str
    contract: Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePhotos:
    """The photos that both models predict; arrays are (N,)."""

    labels: NDArray[np.str_]
    sources: NDArray[np.str_]
    digest: str  # `PhotoSet.digest`


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """What a candidate must show; margins are shares, 0..1."""

    confidence: float = 0.95
    least_vehicles: int = 300  # with fewer, relevant differences are not distinct from chance
    right_margin: float = 0.01  # of the vehicle photos: forced choice may lose no more
    handled_margin: float = 0.02  # of the vehicle photos: the share without a person
    wrong_margin: float = 0.005  # of all photos: wrongly assigned
    changes_allowed: bool = False  # of classes or input; --allow-changes


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The result of the gate with its reasons, as the registry stores it."""

    current: str
    candidate: str
    photos: int
    data_digest: str
    refusals: tuple[str, ...]
    notes: tuple[str, ...]
    figures: Mapping[str, PairedComparison] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether there is no reason to refuse the candidate."""
        return not self.refusals

    @property
    def status(self) -> str:
        """Return `passed` or `refused`."""
        return PASSED if self.passed else REFUSED

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why it was refused, or if it passed, why."""
        return self.refusals or self.notes

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the document stored beside the registered model."""
        return {
            "status": self.status,
            "current": self.current,
            "candidate": self.candidate,
            "photos": self.photos,
            "data_digest": self.data_digest,
            "refusals": list(self.refusals),
            "notes": list(self.notes),
            "figures": {name: figure.to_wire() for name, figure in self.figures.items()},
        }


def assess_candidate(
    current: ModelPredictions, candidate: ModelPredictions, photos: GatePhotos, rules: GateRules
) -> GateResult:
    """Compare two models on the same photos and apply the rules."""
    refusals, notes = _contract(current, candidate, rules)
    vehicles = np.isin(photos.labels, candidate.contract.vehicle_classes)
    figures = paired_figures(current, candidate, photos.labels, vehicles, margins=_margins(rules))
    if int(vehicles.sum()) < rules.least_vehicles:
        refusals.append(
            f"only {int(vehicles.sum())} photos of vehicles to compare on; "
            f"at least {rules.least_vehicles} are needed"
        )
    refusals += _worse(figures, rules)
    refusals += _worse_sources(current, candidate, photos, vehicles, rules)
    better = [name for name, figure in figures.items() if figure.is_better(rules.confidence, 3)]
    if better:
        notes.append("provably better: " + "; ".join(f"{n}, {figures[n]}" for n in better))
    else:
        refusals.append("not provably better in any figure: " + _listed(figures))
    return GateResult(
        current=current.model_version,
        candidate=candidate.model_version,
        photos=len(photos.labels),
        data_digest=photos.digest,
        refusals=tuple(refusals),
        notes=tuple(notes),
        figures=figures,
    )


def _margins(rules: GateRules) -> dict[str, float]:
    return {
        FORCED: rules.right_margin,
        RIGHTLY_ASSIGNED: rules.handled_margin,
        NOT_WRONGLY_ASSIGNED: rules.wrong_margin,
    }


def _contract(
    current: ModelPredictions, candidate: ModelPredictions, rules: GateRules
) -> tuple[list[str], list[str]]:
    """Return refusals and notes about changes of the contract."""
    if current.model_version == candidate.model_version:
        return [f"the candidate is the current model, {current.model_version}"], []
    before, after = current.contract, candidate.contract
    changes = []
    if set(before.classes) != set(after.classes):
        changes.append(f"classes change from {_names(before.classes)} to {_names(after.classes)}")
    elif before.classes != after.classes:
        changes.append(f"the order of the classes changes to {_names(after.classes)}")
    if set(before.vehicle_classes) != set(after.vehicle_classes):
        changes.append(
            f"classes that may be assigned change from {_names(before.vehicle_classes)} "
            f"to {_names(after.vehicle_classes)}"
        )
    if dict(before.input) != dict(after.input):
        names = sorted(
            name
            for name in {*before.input, *after.input}
            if before.input.get(name) != after.input.get(name)
        )
        changes.append(f"the input changes: {_names(names)}")
    return ([], changes) if rules.changes_allowed else (changes, [])


def _worse(figures: Mapping[str, PairedComparison], rules: GateRules) -> list[str]:
    refusals = []
    for name, figure in figures.items():
        if figure.is_worse(rules.confidence, 1):
            refusals.append(f"{name}: provably worse, {figure}")
        elif not figure.is_not_inferior(rules.confidence):
            points = 100 * figure.margin
            refusals.append(f"{name}: a loss of over {points:g} points is possible, {figure}")
    return refusals


def _worse_sources(
    current: ModelPredictions,
    candidate: ModelPredictions,
    photos: GatePhotos,
    vehicles: NDArray[np.bool_],
    rules: GateRules,
) -> list[str]:
    """Refuse a gain on the whole that one kind of photo pays for."""
    refusals = []
    sources = np.unique(photos.sources[vehicles]).tolist()
    for source in sources:
        rows = vehicles & (photos.sources == source)
        figure = compare_paired(
            current.forced[rows] == photos.labels[rows],
            candidate.forced[rows] == photos.labels[rows],
            margin=1.0,
        )
        if figure.is_worse(rules.confidence, len(sources)):
            refusals.append(f"right vehicle on photos of {source}: provably worse, {figure}")
    return refusals


def _listed(figures: Mapping[str, PairedComparison]) -> str:
    return "; ".join(f"{name}, {figure}" for name, figure in figures.items())


def _names(names: Sequence[str]) -> str:
    return ", ".join(names)
