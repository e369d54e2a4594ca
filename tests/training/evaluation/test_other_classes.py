"""A folder with four other classes: trained, measured, served, decided upon."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from handlers.domain.decision.policy import AskReviewer, Assign, Policy, decide
from handlers.domain.decision.prediction import Prediction
from handlers.domain.decision.threshold import Override, Threshold
from infra.policy_document import render_policy
from tests.pictures import encoded
from tests.training.conftest import Server
from training.config import TrainConfig
from training.evaluation.evaluate_folder import measure
from training.report.evaluation import render
from training.serving.app import create_app
from training.serving.manifest import InputSpec
from training.serving.predictor import Predictor

torch = pytest.importorskip("torch", reason="torch is not installed; `make train` installs it")

# After the check for torch, which it imports.
from training.train import TrainPaths, train  # noqa: E402

COLOURS = {
    "nothing": (90, 160, 90),
    "scooter": (230, 200, 40),
    "tram": (30, 30, 200),
    "van": (200, 30, 30),
}
VEHICLES = ("van", "tram", "scooter")
ORDER_RANGES = {"van": "distant", "tram": "distant", "scooter": "nearby"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`<class>/*`, without a train and a test side."""
    data = tmp_path_factory.mktemp("mine")
    chance = random.Random(5)  # noqa: S311 - drawings, not secrets
    for label, colour in COLOURS.items():
        (data / label).mkdir()
        for number in range(30):
            image = Image.new("RGB", (48, 40), "white")
            x, y = chance.randrange(20), chance.randrange(15)
            ImageDraw.Draw(image).rectangle((x, y, x + 24, y + 22), fill=colour)
            (data / label / f"{number}.png").write_bytes(encoded(image, "PNG"))
    return data


@pytest.fixture(scope="module")
def model(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = replace(
        TrainConfig(),
        classes=(*VEHICLES, "nothing"),
        vehicles=VEHICLES,
        input=InputSpec(width=32, height=32, mean=127.5, scale=127.5, layout="NCHW", name="image"),
        width=0.25,
        depth=0.5,
        epochs=2,
        epoch_photos=60,
        batch=10,
        folds=2,
        threads=1,
    )
    trained = tmp_path_factory.mktemp("model")
    paths = TrainPaths(data_dir=folder, weights=None, model_dir=trained, work_dir=trained / "work")
    train(config, paths, lambda _: None)
    return trained


def test_four_classes_come_out_of_the_server(model: Path, folder: Path) -> None:
    photo = next((folder / "tram").iterdir()).read_bytes()
    response = Server(create_app(model)).classify(photo, **{"content-type": "image/png"})
    assert response.status_code == 200
    assert list(response.json()["probabilities"]) == [*VEHICLES, "nothing"]


def test_policy_rendered_from_the_manifest_decides(model: Path) -> None:
    policy = Policy.from_json(render_policy([model / "manifest.json"], ORDER_RANGES))
    version = json.loads((model / "manifest.json").read_text(encoding="utf-8"))["model_version"]
    model_policy = policy.models[version]

    def decided(probabilities: dict[str, float]) -> Assign | AskReviewer:
        prediction = Prediction(probabilities=probabilities, model_version=version)
        assert policy.model_of(prediction) is model_policy
        return decide(
            prediction,
            threshold=Threshold.in_force(model_policy.threshold, Override()),
            order_ranges=policy.order_ranges,
            has_driver=True,
            defects=(),
        )

    sure = decided({"van": 0.0, "tram": 0.0, "scooter": 0.9999, "nothing": 0.0001})
    assert isinstance(sure, Assign)
    assert (sure.vehicle, sure.order_range) == ("scooter", "nearby")
    unsure = decided({"van": 0.1, "tram": 0.0, "scooter": 0.0, "nothing": 0.9})
    assert isinstance(unsure, AskReviewer)
    assert unsure.reason == "no_vehicle"


def test_held_back_photos_are_measured_and_reported(model: Path, folder: Path) -> None:
    measured = measure(Predictor.load(model), folder, held_back=True)
    assert 5 <= len(measured.photos) <= 50
    assert {group.label for group in measured.figures.groups} <= set(COLOURS)
    assert sum(group.right.of for group in measured.figures.groups) == len(measured.photos)
    assert "predicted scooter" in render(measured)


def test_baseline_names_the_classes_of_the_model(model: Path, folder: Path) -> None:
    document = json.loads((model / "baseline.json").read_text(encoding="utf-8"))
    assert set(document["predicted"]) == set(COLOURS)
    assert document["n"] == len(document["values"]["confidence"])
    assert document["mix"] == [folder.name]
