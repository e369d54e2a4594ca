"""Which photos are assigned, which are reviewed, and what operators change without deployment."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.decision.policy import (
    AskReviewer,
    Assign,
    AuditSampling,
    ModelPolicy,
    Policy,
    RoutedPhoto,
    decide,
    is_audited,
    route_photo,
)
from handlers.domain.decision.prediction import PhotoRef, Prediction
from handlers.domain.decision.threshold import Override, Threshold
from handlers.domain.errors import InvalidPolicy, UntrustworthyPrediction
from handlers.domain.photo.quality import Quality

RANGES = {"bicycle": "nearby", "motorcycle": "distant"}
MODEL = ModelPolicy(classes=frozenset({"bicycle", "motorcycle", "other"}), threshold=0.9)
CALIBRATED = Threshold(value=0.9, source="calibrated")
POLICY = json.dumps(
    {
        "models": {"m1": {"classes": ["bicycle", "motorcycle", "other"], "threshold": 0.9}},
        "order_ranges": RANGES,
    }
)


def a_prediction(bicycle: float, motorcycle: float, version: str = "m1") -> Prediction:
    return Prediction(
        probabilities={
            "bicycle": bicycle,
            "motorcycle": motorcycle,
            "other": 1 - bicycle - motorcycle,
        },
        model_version=version,
    )


def choose(
    prediction: Prediction,
    *,
    threshold: Threshold = CALIBRATED,
    has_driver: bool = True,
    defects: tuple[str, ...] = (),
) -> Assign | AskReviewer:
    return decide(
        prediction,
        threshold=threshold,
        order_ranges=RANGES,
        has_driver=has_driver,
        defects=defects,
    )


def reason(choice: Assign | AskReviewer) -> str:
    assert isinstance(choice, AskReviewer)
    return choice.reason


@pytest.mark.parametrize(
    ("prediction", "vehicle", "order_range"),
    [
        (a_prediction(0.95, 0.03), "bicycle", "nearby"),
        (a_prediction(0.03, 0.95), "motorcycle", "distant"),
        (a_prediction(0.9, 0.05), "bicycle", "nearby"),
    ],
)
def test_a_confident_photo_gets_the_range_of_its_vehicle(
    prediction: Prediction, vehicle: str, order_range: str
) -> None:
    choice = choose(prediction)
    assert isinstance(choice, Assign)
    assert (choice.vehicle, choice.order_range) == (vehicle, order_range)


def test_a_photo_below_the_threshold_is_reviewed() -> None:
    assert reason(choose(a_prediction(0.899, 0.1))) == "low_confidence"


def test_a_photo_of_another_class_is_reviewed_as_no_vehicle() -> None:
    assert reason(choose(a_prediction(0.01, 0.01))) == "no_vehicle"


def test_a_poor_photo_is_never_assigned() -> None:
    assert reason(choose(a_prediction(1.0, 0.0), defects=("dark",))) == "poor_quality"


def test_a_photo_without_driver_is_never_assigned() -> None:
    assert reason(choose(a_prediction(1.0, 0.0), has_driver=False)) == "no_driver"


def test_a_threshold_of_one_stops_even_a_certain_prediction() -> None:
    stopped = Threshold.in_force(0.9, Override(parameter='{"threshold": 1.0}'))
    assert reason(choose(a_prediction(1.0, 0.0), threshold=stopped)) == "low_confidence"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"models": {"m1": {}}, "order_ranges": {}}',
        '{"models": {"m1": {"classes": ["a"], "threshold": 2}}, "order_ranges": {}}',
        '{"models": [], "order_ranges": {}}',
    ],
)
def test_a_malformed_policy_raises_invalid_policy(text: str) -> None:
    with pytest.raises(InvalidPolicy):
        Policy.from_json(text)


@pytest.mark.parametrize(
    "prediction",
    [
        a_prediction(0.95, 0.05, version="unknown"),
        Prediction(probabilities={"bicycle": 1.0}, model_version="m1"),
        Prediction(probabilities={"cat": 0.9, "dog": 0.1, "other": 0.0}, model_version="m1"),
    ],
)
def test_an_unknown_model_and_other_classes_are_refused(prediction: Prediction) -> None:
    with pytest.raises(UntrustworthyPrediction):
        Policy.from_json(POLICY).model_of(prediction)


@pytest.mark.parametrize(
    "wire",
    [
        None,
        [],
        {},
        {"probabilities": {"a": 1.0}},
        {"probabilities": {}, "model_version": "m"},
        {"probabilities": {"a": math.nan, "b": 1.0}, "model_version": "m"},
        {"probabilities": {"a": math.inf}, "model_version": "m"},
        {"probabilities": {"a": -0.1, "b": 1.1}, "model_version": "m"},
        {"probabilities": {"a": 0.9, "b": 0.2}, "model_version": "m"},
        {"probabilities": {"a": 0.4, "b": 0.2}, "model_version": "m"},
        {"probabilities": {"a": True}, "model_version": "m"},
        {"probabilities": {"a": "1.0"}, "model_version": "m"},
        {"probabilities": [1.0], "model_version": "m"},
        {"probabilities": {"a": 1.0}, "model_version": ""},
    ],
)
def test_an_answer_that_is_not_a_distribution_is_refused(wire: object) -> None:
    with pytest.raises(UntrustworthyPrediction):
        Prediction.from_wire(wire)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_an_assigned_photo_is_at_or_above_the_threshold(
    p: float, q: float, threshold: float
) -> None:
    bicycle, motorcycle = p * q, p * (1 - q)
    choice = choose(
        a_prediction(bicycle, motorcycle), threshold=Threshold(value=threshold, source="override")
    )
    if isinstance(choice, Assign):
        assert choice.confidence >= threshold
        assert choice.confidence >= max(bicycle, motorcycle, 1 - bicycle - motorcycle)


def test_audits_are_a_stable_share_that_depends_on_the_secret() -> None:
    ids = [f"{number:064x}" for number in range(20_000)]
    picked = {i for i in ids if is_audited(i, salt="secret", share=0.02)}
    assert 300 < len(picked) < 500  # 400 expected, standard deviation 20
    assert picked == {i for i in ids if is_audited(i, salt="secret", share=0.02)}
    assert picked != {i for i in ids if is_audited(i, salt="other", share=0.02)}
    assert not any(is_audited(i, salt="secret", share=0) for i in ids)
    assert all(is_audited(i, salt="secret", share=1) for i in ids[:100])


def a_photo(driver_id: str | None = "d1") -> PhotoRef:
    return PhotoRef(
        photo_id="a" * 64,
        bucket="b",
        key="intake/d1/u1.jpg",
        version_id="v",
        etag="e",
        size_bytes=1,
        uploaded_at="2026-10-24T22:30:00Z",
        driver_id=driver_id,
        upload_id="u1",
    )


def a_quality() -> Quality:
    return Quality(
        width=640,
        height=480,
        size_bytes=1,
        image_format="JPEG",
        orientation=1,
        brightness=0.5,
        contrast=0.2,
        sharpness=3.0,
        dark_share=0.0,
        clipped_share=0.0,
    )


def routed(prediction: Prediction, *, share: float = 0.0, override: str = "{}") -> RoutedPhoto:
    return route_photo(
        a_photo(),
        prediction,
        a_quality(),
        policy=Policy.from_json(POLICY),
        override=Override(parameter=override),
        audit=AuditSampling(share=share, salt="s"),
        valid_hours=16,
    )


def test_an_assignment_is_valid_for_its_hours_across_a_clock_change() -> None:
    photo = routed(a_prediction(0.99, 0.0))
    assert (photo.outcome, photo.review) == ("assign", "none")
    assert photo.valid_until == "2026-10-25T14:30:00Z"


def test_an_audit_keeps_the_assignment_and_opens_a_review() -> None:
    photo = routed(a_prediction(0.99, 0.0), share=1.0)
    assert (photo.outcome, photo.review, photo.review_reason) == (
        "assign_and_audit",
        "open",
        "audit",
    )
    assert photo.order_range == "nearby"


def test_unsure_photos_are_never_marked_as_audits() -> None:
    assert routed(a_prediction(0.5, 0.4), share=1.0).review_reason == "low_confidence"


def test_the_facts_contain_the_threshold_in_force() -> None:
    facts = routed(a_prediction(0.95, 0.0), override='{"threshold": 0.99}').classification
    assert (facts["threshold"], facts["threshold_source"]) == (0.99, "override")
    assert facts["model_version"] == "m1"
