"""The shipped model assigns no drawn sample to the wrong vehicle, whichever model is shipped."""

import pytest

from handlers.domain.photo.wire_image import Prepared, prepare
from infra.demo.samples import Sample, named_samples, samples
from tests.conftest import ROOT
from training.serving.predictor import Predictor


@pytest.fixture(scope="module")
def assigned() -> list[tuple[Sample, str]]:
    """Return those of the demo's forty samples that are assigned, each with its vehicle."""
    predictor = Predictor.load(ROOT / "training" / "shipped")
    assigned_samples = []
    for sample in (*named_samples(), *samples(1, 37)):
        prepared = prepare(sample.data)
        if isinstance(prepared, Prepared) and not prepared.quality.defects():
            probabilities = predictor.predict(prepared.wire_image).probabilities
            best = max(probabilities, key=lambda name: probabilities[name])
            if probabilities[best] >= predictor.manifest.threshold and best != "other":
                assigned_samples.append((sample, best))
    return assigned_samples


def test_some_drawings_of_both_vehicles_are_assigned(assigned: list[tuple[Sample, str]]) -> None:
    assert {vehicle for _, vehicle in assigned} == {"bicycle", "motorcycle"}


def test_no_drawing_is_assigned_to_the_wrong_vehicle(assigned: list[tuple[Sample, str]]) -> None:
    assert [(s.name, vehicle) for s, vehicle in assigned if s.vehicle != vehicle] == []
