"""An answer of the endpoint is a prediction if it is a distribution of a model with a name."""

from typing import Any

import pytest

from handlers.domain.decision.prediction import Prediction
from handlers.domain.errors import UntrustworthyPrediction


def an_answer(**changes: Any) -> dict[str, Any]:
    return {"probabilities": {"bicycle": 0.9, "other": 0.1}, "model_version": "m1"} | changes


def test_a_distribution_of_a_named_model_is_a_prediction() -> None:
    assert Prediction.from_wire(an_answer()).to_wire() == an_answer()


@pytest.mark.parametrize("version", [None, "", 3])
def test_an_answer_without_a_model_version_is_refused(version: object) -> None:
    with pytest.raises(UntrustworthyPrediction):
        Prediction.from_wire(an_answer(model_version=version))


@pytest.mark.parametrize(
    "probabilities",
    [
        {},
        {"bicycle": 0.9, "other": 0.9},
        {"bicycle": 0.4, "other": 0.4},
        {"bicycle": 1.5, "other": -0.5},
        {"bicycle": True, "other": 0.0},
        {"bicycle": float("nan"), "other": 0.1},
        {"bicycle": "0.9", "other": 0.1},
    ],
)
def test_what_is_not_a_distribution_is_refused(probabilities: dict[str, object]) -> None:
    with pytest.raises(UntrustworthyPrediction):
        Prediction.from_wire(an_answer(probabilities=probabilities))
