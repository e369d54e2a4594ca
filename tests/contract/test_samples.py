"""The drawn samples and the shipped model: never confidently wrong, whichever model is shipped."""

import pytest

from handlers.domain.photo.wire_image import Prepared, prepare
from infra.demo.samples import Sample, named_samples, samples
from tests.conftest import ROOT
from training.serving.predictor import Predictor


@pytest.fixture(scope="module")
def decided() -> list[tuple[Sample, str]]:
    """The demo's forty, each with the vehicle that would be assigned without a person."""
    predictor = Predictor.load(ROOT / "training" / "shipped")
    found = []
    for sample in (*named_samples(), *samples(1, 37)):
        prepared = prepare(sample.data)
        if isinstance(prepared, Prepared) and not prepared.quality.defects():
            answer = predictor.predict(prepared.wire_image).probabilities
            best = max(answer, key=lambda name: answer[name])
            if answer[best] >= predictor.manifest.threshold and best != "other":
                found.append((sample, best))
    return found


def test_some_drawings_of_both_vehicles_are_decided(decided: list[tuple[Sample, str]]) -> None:
    assert {vehicle for _, vehicle in decided} == {"bicycle", "motorcycle"}


def test_no_drawing_is_confidently_wrong(decided: list[tuple[Sample, str]]) -> None:
    assert [(s.name, vehicle) for s, vehicle in decided if s.vehicle != vehicle] == []
