"""The walk that chooses the threshold beside MAPIE's fixed-sequence tests: `make test-oracles`.

MAPIE tests one rate at a time, so each case lets one of our two rates decide. Its p-value of a rate
of yes-or-no outcomes is the binomial tail, which is at most 5 % where our exact bound with 95 %
confidence is within the budget. MAPIE computes the count from the rate again, and rounds up: where
the product of rate and number exceeds the count by a rounding error, it counts one too many, and
the case is left out.
"""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from training.evaluation.calibration import (
    STRICTEST_FIRST,
    Acceptance,
    acceptance,
    choose_policy,
)

ABOUT = "it is in an environment of its own: make test-oracles"
BUDGET, CONFIDENCE = 0.005, 0.95
CLASSES, VEHICLES, OTHER = ("bicycle", "motorcycle", "other"), (0, 1), 2


@pytest.fixture(scope="module")
def risk_control() -> Any:
    return pytest.importorskip("mapie.risk_control", reason=ABOUT)


def photos(
    seed: int, *, vehicles: int, non_vehicles: int, wrong: float, assigned: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw predictions whose errors are rarer where the confidence is higher.

    `wrong` and `assigned` are the rates, at a confidence of 0.5, of vehicles that are taken for the
    other one, and of non-vehicles that are taken for a vehicle.
    """
    generator = np.random.default_rng(seed)
    confidence = 1 - 0.5 * generator.beta(0.6, 3, vehicles + non_vehicles)
    labels = np.concatenate(
        [generator.integers(0, 2, vehicles), np.full(non_vehicles, OTHER)]
    ).astype(np.int64)
    missed = generator.random(len(labels)) < 2 * (1 - confidence) * np.where(
        labels == OTHER, assigned, wrong
    )
    swapped = np.where(labels == OTHER, generator.integers(0, 2, len(labels)), 1 - labels)
    predicted = np.where(missed, swapped, labels)
    probabilities = np.repeat(((1 - confidence) / 2)[:, None], 3, axis=1)
    probabilities[np.arange(len(labels)), predicted] = confidence
    return probabilities, labels


def walk(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> list[Acceptance]:
    """Return the counts from the threshold on that accepts half of what the loosest accepts."""
    entries = [
        acceptance(probabilities, labels, vehicles=VEHICLES, threshold=threshold)
        for threshold in STRICTEST_FIRST
    ]
    return [entry for entry in entries if 2 * entry.accepted >= entries[-1].accepted]


def is_exact(entries: list[Acceptance], rate: Callable[[Acceptance], tuple[int, int]]) -> bool:
    """Whether MAPIE restores the counts from the rates, up to the first rate over the budget."""
    for entry in entries:
        count, of = rate(entry)
        if math.ceil(of * (count / of)) != count:
            return False
        if entry.worst_bound(CONFIDENCE) > BUDGET:
            break
    return True


def chosen_by_mapie(
    risk_control: Any,
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    is_wrong: NDArray[np.bool_],
    of: NDArray[np.bool_] | None,
) -> float | None:
    """Return the last threshold of MAPIE's walk; None if it keeps the budget at no threshold.

    `is_wrong`, (photos,), is what must be rare: among the assigned, or assigned among `of`,
    (photos,).
    """
    vehicle = probabilities[:, VEHICLES].max(axis=1)
    score = np.where(vehicle >= probabilities[:, OTHER], vehicle, 0.0)
    risk = risk_control.BinaryRisk(
        risk_occurrence=lambda truth, assigned: (truth == 1) & (assigned == 1),
        risk_condition=lambda _, assigned: (assigned == 1) if of is None else of,
        higher_is_better=False,
    )
    controller = risk_control.BinaryClassificationController(
        predict_function=lambda rows: np.column_stack([1 - rows, rows]),
        risk=risk,
        target_level=BUDGET,
        confidence_level=CONFIDENCE,
        best_predict_param_choice="predicted_positive_fraction",
        list_predict_params=np.array([entry.threshold for entry in walk(probabilities, labels)]),
        fwer_method="fixed_sequence",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a budget that no threshold keeps
        controller.calibrate(score, is_wrong.astype(int))
    valid = controller.valid_predict_params
    return float(min(valid)) if len(valid) else None


def chosen_by_us(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float | None:
    chosen = choose_policy(
        probabilities,
        labels,
        classes=CLASSES,
        vehicles=VEHICLES,
        sources=["drawn"],
        error_budget=BUDGET,
        confidence=CONFIDENCE,
    )
    return chosen.acceptance.threshold if chosen.budget_met else None


def test_walk_by_wrong_assignments_ends_where_mapies_does(risk_control: Any) -> None:
    """Without non-vehicles only the share of wrong ones among the assigned decides."""
    chosen = []
    for seed in range(24):
        probabilities, labels = photos(
            seed, vehicles=2_500, non_vehicles=0, wrong=(seed % 8) * 0.02, assigned=0
        )
        entries = walk(probabilities, labels)
        if not is_exact(entries, lambda entry: (entry.errors, entry.accepted)):
            continue
        is_wrong = probabilities.argmax(axis=1) != labels
        theirs = chosen_by_mapie(risk_control, probabilities, labels, is_wrong=is_wrong, of=None)
        assert chosen_by_us(probabilities, labels) == theirs
        chosen.append(theirs)
    assert None in chosen  # no threshold keeps the budget
    assert len(set(chosen)) > 4


def test_walk_by_non_vehicles_assigned_ends_where_mapies_does(risk_control: Any) -> None:
    """So many vehicles, all right, that only the share of non-vehicles assigned decides."""
    chosen = []
    for seed in range(24):
        probabilities, labels = photos(
            seed, vehicles=9_000, non_vehicles=900, wrong=0, assigned=(seed % 8) * 0.01
        )
        entries = walk(probabilities, labels)
        if not is_exact(entries, lambda entry: (entry.non_vehicles_accepted, entry.non_vehicles)):
            continue
        theirs = chosen_by_mapie(
            risk_control, probabilities, labels, is_wrong=labels == OTHER, of=labels == OTHER
        )
        assert chosen_by_us(probabilities, labels) == theirs
        chosen.append(theirs)
    assert len(set(chosen)) > 4
