"""The walk that chooses the threshold beside MAPIE's fixed-sequence tests: `make test-oracles`.

MAPIE tests one rate at a time, so each case lets one of our two rates decide. Its p-value of a rate
of yes-or-no outcomes is the binomial tail, which is at most 5 % where our exact bound with 95 %
confidence is within the budget.
"""

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from training.evaluation.calibration import STRICTEST_FIRST, acceptance, choose_policy

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


def sequence(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> list[float]:
    """Return the thresholds from the one on that accepts half of what the loosest accepts."""
    accepted = [
        acceptance(probabilities, labels, vehicles=VEHICLES, threshold=threshold).accepted
        for threshold in STRICTEST_FIRST
    ]
    return [
        threshold
        for threshold, count in zip(STRICTEST_FIRST, accepted, strict=True)
        if 2 * count >= accepted[-1]
    ]


def chosen_by_mapie(
    risk_control: Any,
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    risk: str,
    target: float,
) -> float | None:
    """Return the last threshold of MAPIE's walk; None if it keeps the target at no threshold."""
    vehicle = probabilities[:, VEHICLES].max(axis=1)
    score = np.where(vehicle >= probabilities[:, OTHER], vehicle, 0.0)
    # What a positive prediction claims: the right vehicle, or any vehicle.
    truth = probabilities.argmax(axis=1) == labels if risk == "precision" else labels != OTHER
    controller = risk_control.BinaryClassificationController(
        predict_function=lambda rows: np.column_stack([1 - rows, rows]),
        risk=risk,
        target_level=target,
        confidence_level=CONFIDENCE,
        list_predict_params=np.array(sequence(probabilities, labels)),
        fwer_method="fixed_sequence",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a target that no threshold keeps
        controller.calibrate(score, truth.astype(int))
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
    for seed in range(40):
        probabilities, labels = photos(
            seed, vehicles=2_500, non_vehicles=0, wrong=(seed % 8) * 0.02, assigned=0
        )
        theirs = chosen_by_mapie(
            risk_control, probabilities, labels, risk="precision", target=1 - BUDGET
        )
        assert chosen_by_us(probabilities, labels) == theirs
        chosen.append(theirs)
    assert None in chosen  # no threshold keeps the budget
    assert len(set(chosen)) > 5


def test_walk_by_non_vehicles_assigned_ends_where_mapies_does(risk_control: Any) -> None:
    """So many vehicles, all right, that only the share of non-vehicles assigned decides."""
    chosen = []
    for seed in range(40):
        probabilities, labels = photos(
            seed, vehicles=9_000, non_vehicles=900, wrong=0, assigned=(seed % 8) * 0.01
        )
        theirs = chosen_by_mapie(risk_control, probabilities, labels, risk="fpr", target=BUDGET)
        assert chosen_by_us(probabilities, labels) == theirs
        chosen.append(theirs)
    assert len(set(chosen)) > 5
