"""The vectorised assignment rule decides every photo as the handler does."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.decision.policy import Assign, decide
from handlers.domain.decision.prediction import Prediction
from handlers.domain.decision.threshold import STOPPED, Threshold
from handlers.domain.errors import UntrustworthyPrediction
from training.evaluation.decision import NO_VEHICLE, decide_all

CLASSES = ("bicycle", "motorcycle", "other", "van")
UNKNOWN = "tram"  # a vehicle of ours that the model does not know

# Coarse steps, so that ties and values on the threshold are frequent.
STEPS = 8
weights = st.lists(st.integers(0, STEPS), min_size=len(CLASSES), max_size=len(CLASSES)).filter(any)
vehicles = st.lists(
    st.sampled_from((*CLASSES, UNKNOWN)), min_size=1, max_size=len(CLASSES), unique=True
)
thresholds = st.one_of(
    st.just(STOPPED),
    st.just(0.0),
    st.integers(1, STEPS).map(lambda step: step / STEPS),
    st.floats(0, 1),
)


def probabilities_of(weights: list[int]) -> list[float]:
    return [weight / sum(weights) for weight in weights]


def handler_assigns(
    row: list[float], order: list[str], threshold: float, *, has_defect: bool
) -> str | None:
    """The vehicle that the workflow assigns; None if a person decides or the reply is refused."""
    wire = {"model_version": "v", "probabilities": dict(zip(CLASSES, row, strict=True))}
    try:
        prediction = Prediction.from_wire(wire)
    except UntrustworthyPrediction:
        return None
    decision = decide(
        prediction,
        threshold=Threshold(value=threshold, source="calibrated"),
        order_ranges=dict.fromkeys(order, "nearby"),
        has_driver=True,
        defects=("dark",) if has_defect else (),
    )
    return decision.vehicle if isinstance(decision, Assign) else None


@given(
    photos=st.lists(
        st.tuples(
            st.one_of(
                weights.map(probabilities_of),
                weights.map(lambda row: [math.nan, *probabilities_of(row)[1:]]),
                weights.map(lambda row: [*probabilities_of(row)[:-1], math.nan]),
            ),
            st.booleans(),
        ),
        min_size=1,
        max_size=20,
    ),
    order=vehicles,
    threshold=thresholds,
    knows_quality=st.booleans(),
)
def test_every_photo_is_decided_as_the_handler_decides_it(
    photos: list[tuple[list[float], bool]],
    order: list[str],
    threshold: float,
    *,
    knows_quality: bool,
) -> None:
    decisions = decide_all(
        np.array([row for row, _ in photos]),
        vehicles=[CLASSES.index(name) for name in order if name in CLASSES],
        threshold=threshold,
        has_defect=np.array([has_defect for _, has_defect in photos]) if knows_quality else None,
    )
    for index, (row, has_defect) in enumerate(photos):
        expected = handler_assigns(row, order, threshold, has_defect=has_defect and knows_quality)
        assert bool(decisions.assigned[index]) == (expected is not None)
        if expected is not None:
            assert CLASSES[decisions.vehicle[index]] == expected
            assert decisions.predicted[index] == decisions.vehicle[index]


@given(rows=st.lists(weights.map(probabilities_of), min_size=1, max_size=20), threshold=thresholds)
def test_predicted_class_is_a_most_probable_one(rows: list[list[float]], threshold: float) -> None:
    probabilities = np.array(rows)
    decisions = decide_all(probabilities, vehicles=[0, 1], threshold=threshold)
    for index, row in enumerate(rows):
        assert row[decisions.predicted[index]] == max(row)
        assert decisions.confidence[index] == max(row[:2])


@pytest.mark.parametrize(
    ("threshold", "is_assigned"), [(0.75, True), (math.nextafter(0.75, 1), False), (1.0, False)]
)
def test_confidence_on_the_threshold_is_assigned(threshold: float, *, is_assigned: bool) -> None:
    decisions = decide_all(np.array([[0.75, 0.25]]), vehicles=[0], threshold=threshold)
    assert decisions.assigned.tolist() == [is_assigned]


def test_emergency_stop_refuses_a_probability_of_one() -> None:
    decisions = decide_all(np.array([[1.0, 0.0]]), vehicles=[0], threshold=STOPPED)
    assert decisions.assigned.tolist() == [False]


def test_model_without_a_vehicle_assigns_nothing() -> None:
    decisions = decide_all(np.array([[0.2, 0.8]]), vehicles=[], threshold=0.0)
    assert decisions.assigned.tolist() == [False]
    assert decisions.vehicle.tolist() == [NO_VEHICLE]
    assert decisions.predicted.tolist() == [1]


def test_no_photos_give_no_decisions() -> None:
    decisions = decide_all(np.zeros((0, 3)), vehicles=[0, 1], threshold=0.5)
    assert len(decisions.assigned) == 0
