"""The figures that decide what may be assigned without a person."""

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.evaluation.calibration import (
    ThresholdChoice,
    acceptance,
    choose_policy,
    fit_temperature,
)
from training.evaluation.calibration_error import calibration_error, debiased_calibration_error
from training.serving.predictor import softmax

OTHER = 2


def policy(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> ThresholdChoice:
    return choose_policy(
        probabilities,
        labels,
        classes=("bicycle", "motorcycle", "other"),
        vehicles=[0, 1],
        sources=["drawn"],
        error_budget=0.005,
        confidence=0.95,
    )


def predictions(
    *groups: tuple[int, int, int, float],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return photos by (count, label, predicted class, confidence)."""
    rows, labels = [], []
    for count, label, predicted, confidence in groups:
        row = np.full(3, (1 - confidence) / 2)
        row[predicted] = confidence
        rows += [row] * count
        labels += [label] * count
    return np.array(rows), np.array(labels, dtype=np.int64)


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_fitted_temperature_undoes_a_known_scale(scale: float) -> None:
    generator = np.random.default_rng(3)
    honest = generator.normal(size=(4000, 3)) * 2
    labels = np.array([generator.choice(3, p=row) for row in softmax(honest)])
    assert fit_temperature(honest * scale, labels) == pytest.approx(scale, rel=0.1)


def test_flawless_model_gets_the_lowest_threshold() -> None:
    chosen = policy(*predictions((1500, 0, 0, 0.9995), (1000, OTHER, OTHER, 0.9995)))
    assert chosen.budget_met
    assert chosen.acceptance.threshold < 0.52


def test_threshold_stays_above_the_confidence_of_mistakes() -> None:
    right = (1500, 0, 0, 0.9995), (1000, OTHER, OTHER, 0.9995)
    chosen = policy(*predictions(*right, (30, 1, 0, 0.9)))
    assert chosen.budget_met
    assert chosen.acceptance.threshold > 0.9
    assert chosen.acceptance.errors == 0


def test_threshold_stays_above_the_confidence_of_assigned_non_vehicles() -> None:
    right = (9000, 0, 0, 0.9995), (1000, OTHER, OTHER, 0.9995)
    chosen = policy(*predictions(*right, (10, OTHER, 0, 0.8)))
    assert chosen.acceptance.threshold > 0.8
    assert chosen.acceptance.non_vehicles_accepted == 0


def test_thresholds_below_the_first_failure_are_not_tried() -> None:
    """Among many thresholds one is within the budget by chance, which would prove nothing."""
    right = (10_100, 0, 0, 0.95), (1000, OTHER, OTHER, 0.9995)
    within_the_budget_again = (10_000, 0, 0, 0.7)
    chosen = policy(*predictions(*right, (60, 1, 0, 0.9), within_the_budget_again))
    assert chosen.budget_met
    assert chosen.acceptance.threshold > 0.9
    assert chosen.acceptance.errors == 0


def test_one_wrong_label_among_the_surest_does_not_end_the_search() -> None:
    surest = (650, 0, 0, 0.9995), (1, 1, 0, 0.9995), (1000, OTHER, OTHER, 0.9995)
    chosen = policy(*predictions(*surest, (1500, 0, 0, 0.95)))
    assert chosen.budget_met
    assert chosen.acceptance.accepted == 2151


def test_the_search_ends_at_the_first_threshold_that_fails() -> None:
    """At 0.95 the budget is not proved; at 0.8 it would be again, by chance or not."""
    right = (1500, 0, 0, 0.9995), (1400, 0, 0, 0.8), (6000, OTHER, OTHER, 0.9995)
    chosen = policy(*predictions(*right, (8, 1, 0, 0.95)))
    loose = acceptance(*predictions(*right, (8, 1, 0, 0.95)), vehicles=[0, 1], threshold=0.8)
    assert loose.worst_bound(0.95) < 0.005
    assert chosen.budget_met
    assert chosen.acceptance.threshold > 0.95


@settings(deadline=None, max_examples=25, phases=[Phase.generate])  # shared machines
@given(
    surest=st.integers(1200, 2000),
    wrong=st.tuples(st.integers(0, 9), st.floats(0.9, 0.99)),
    right=st.tuples(st.integers(400, 1900), st.floats(0.55, 0.89)),
)
def test_no_stricter_threshold_of_the_walk_fails(
    surest: int, wrong: tuple[int, float], right: tuple[int, float]
) -> None:
    probabilities, labels = predictions(
        (surest, 0, 0, 0.9995),
        (wrong[0], 1, 0, wrong[1]),
        (right[0], 0, 0, right[1]),
        (900, OTHER, OTHER, 0.99),
    )
    chosen = policy(probabilities, labels)
    assume(chosen.budget_met)
    loosest = acceptance(probabilities, labels, vehicles=[0, 1], threshold=0.505)
    for threshold in np.arange(0.999, chosen.acceptance.threshold, -0.004).round(4):
        stricter = acceptance(probabilities, labels, vehicles=[0, 1], threshold=threshold)
        if 2 * stricter.accepted >= loosest.accepted:
            assert stricter.worst_bound(0.95) <= 0.005


def test_unreachable_budget_is_reported_as_not_met() -> None:
    chosen = policy(*predictions((200, 0, 0, 0.9995), (1000, OTHER, OTHER, 0.9995)))
    assert not chosen.budget_met
    assert chosen.to_wire()["error_upper_bound"] > 0.005


def test_only_vehicles_are_accepted() -> None:
    probabilities, labels = predictions((10, OTHER, OTHER, 0.99), (5, 1, 1, 0.99), (5, 0, 1, 0.99))
    counted = acceptance(probabilities, labels, vehicles=[0, 1], threshold=0.9)
    assert (counted.accepted, counted.errors, counted.non_vehicles) == (10, 5, 10)
    assert counted.non_vehicles_accepted == 0


def test_threshold_itself_is_accepted() -> None:
    probabilities, labels = predictions((1, 0, 0, 0.75))
    assert acceptance(probabilities, labels, vehicles=[0, 1], threshold=0.75).accepted == 1


def test_calibration_error_is_the_gap_of_confidence_and_accuracy() -> None:
    probabilities, labels = predictions((80, 0, 0, 0.9), (20, 1, 0, 0.9))
    assert calibration_error(probabilities, labels, bins=1) == pytest.approx(0.1)


def drawn(count: int, lift: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw photos that are right as often as their confidence, less `lift`."""
    generator = np.random.default_rng(seed)
    confidence = generator.uniform(0.7, 0.99, count)
    right = generator.uniform(size=count) < confidence - lift
    rows = np.stack([confidence, (1 - confidence) / 2, (1 - confidence) / 2], axis=1)
    return rows, np.where(right, 0, 1).astype(np.int64)


def test_debiasing_removes_two_fifths_of_what_chance_alone_makes() -> None:
    """In theory 2 - sqrt(2) of a perfect model's gaps are left: normal values, folded twice."""
    draws = [drawn(1000, 0.0, seed) for seed in range(40)]
    biased = np.mean([calibration_error(*draw) for draw in draws])
    debiased = np.mean([debiased_calibration_error(*draw) for draw in draws])
    assert debiased / biased == pytest.approx(2 - 2**0.5, abs=0.03)


@pytest.mark.parametrize("lift", [0.1, 0.2])
def test_true_error_stays_after_debiasing(lift: float) -> None:
    errors = [debiased_calibration_error(*drawn(1000, lift, seed)) for seed in range(20)]
    assert np.mean(errors) == pytest.approx(lift, abs=0.01)


def test_debiased_error_of_one_bin_follows_the_formula() -> None:
    """One bin of 100 at confidence 0.9, 80 right: gap 0.1, spread 0.04, so 2.5 spreads."""
    probabilities, labels = predictions((80, 0, 0, 0.9), (20, 1, 0, 0.9))
    by_chance_too = 0.04 * (2 / np.pi) ** 0.5 * np.exp(-(2.5**2) / 2) + 0.1 * 0.9875807
    error = debiased_calibration_error(probabilities, labels, bins=1)
    assert error == pytest.approx(0.2 - by_chance_too, abs=1e-6)
