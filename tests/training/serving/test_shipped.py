"""The shipped weights, threshold and predictions: a change of code must not change them.

Record them again only together with a new model.
"""

import json
from pathlib import Path

import pytest

from handlers.domain.photo.wire_image import Prepared, prepare
from infra.demo.samples import named_samples, samples
from training.serving.predictor import Predictor

RECORDED = json.loads(Path(__file__).with_name("shipped_predictions.json").read_text("utf-8"))
# 8-bit kernels round differently from one kind of processor to another.
TOLERANCE = 0.005


@pytest.fixture(scope="module")
def predictor(shipped: Path) -> Predictor:
    return Predictor.load(shipped)


def test_weights_temperature_and_threshold_are_those_recorded(predictor: Predictor) -> None:
    manifest = predictor.manifest
    assert manifest.model_sha256 == RECORDED["model_sha256"]
    assert manifest.model_version == RECORDED["model_version"]
    assert (manifest.temperature, manifest.threshold) == (
        RECORDED["temperature"],
        RECORDED["threshold"],
    )


def test_every_drawn_sample_gets_the_recorded_prediction(predictor: Predictor) -> None:
    predictions = {
        sample.name: predictor.predict(photo.wire_image).probabilities
        for sample in (*named_samples(), *samples(1, 37))
        if isinstance(photo := prepare(sample.data), Prepared)
    }
    assert predictions.keys() == RECORDED["predictions"].keys()
    for name, probabilities in predictions.items():
        expected = RECORDED["predictions"][name]
        assert probabilities == pytest.approx(expected, abs=TOLERANCE), name
