"""A complete training run, tiny: from folders of drawn pictures to a model that is served."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.drawn import TINY, draw
from training.config import AugmentConfig, TrainConfig
from training.serving.predictor import Predictor

torch = pytest.importorskip("torch", reason="torch is not installed; `make train` installs it")

# After the check for torch, which these import.
from training.data.augment import augment, mix_up  # noqa: E402
from training.model.fit import learning_rate, side_at  # noqa: E402
from training.model.network import ModelConfig, build_model, convolutions  # noqa: E402
from training.model.pretrained import UnusableWeights, start_from  # noqa: E402
from training.train import TrainPaths, train  # noqa: E402


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    draw(folder / "drawn" / "train", seed=5, count=20)
    return folder


def paths(data: Path, folder: Path) -> TrainPaths:
    return TrainPaths(
        data_dir=data, weights=None, model_dir=folder / "model", work_dir=folder / "work"
    )


def test_training_run_makes_a_model_that_is_served(data: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    version = train(TINY, paths(data, tmp_path), lines.append)
    predictor = Predictor.load(tmp_path / "model")
    photo = next(iter((data / "drawn/train/van").iterdir())).read_bytes()
    prediction = predictor.predict(photo)
    assert prediction.model_version == version
    assert list(prediction.probabilities) == ["van", "tram", "nothing"]
    assert not predictor.manifest.threshold < 0.5
    assert any("epoch 2/2" in line for line in lines)


def test_interrupted_run_continues_from_its_finished_fits(data: Path, tmp_path: Path) -> None:
    first = train(TINY, paths(data, tmp_path), lambda _: None)
    lines: list[str] = []
    second = train(TINY, paths(data, tmp_path), lines.append)
    assert second == first
    assert not any("epoch" in line for line in lines)


def test_same_seed_gives_the_same_model(data: Path, tmp_path: Path) -> None:
    versions = [train(TINY, paths(data, tmp_path / name), lambda _: None) for name in "ab"]
    other = train(replace(TINY, seed=2), paths(data, tmp_path / "c"), lambda _: None)
    assert versions[0] == versions[1] != other


def test_changed_photos_stay_photos() -> None:
    torch.manual_seed(1)
    images = torch.rand(64, 3, 96, 96)
    changed = augment(images, replace(AugmentConfig(), motion_blur=0.5, low_resolution=1.0))
    assert changed.shape == images.shape
    assert bool(torch.isfinite(changed).all())
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 1


def test_mixed_targets_remain_distributions() -> None:
    torch.manual_seed(1)
    targets = torch.eye(3)[[0, 1, 2, 0]]
    _, mixed = mix_up(torch.rand(4, 3, 8, 8), targets, 0.2)
    assert mixed.sum(dim=1).tolist() == pytest.approx([1, 1, 1, 1])


def test_learning_rate_rises_then_falls_to_zero() -> None:
    assert learning_rate(0.0, warm_up=0.1) == 0
    assert learning_rate(0.1, warm_up=0.1) == pytest.approx(1)
    assert learning_rate(1.0, warm_up=0.1) == pytest.approx(0)


def test_images_start_small_and_end_as_they_are_served() -> None:
    config = TrainConfig()
    sides = [side_at(progress, config) for progress in (0.0, config.first_share, 0.99, 1.0)]
    assert sides == [config.first_side] * 2 + [config.input.width] * 2
    assert side_at(0.0, replace(TINY, first_side=96)) == TINY.input.width


def test_start_weights_fit_the_model_and_are_not_degenerate(shared: Path) -> None:
    model = build_model(ModelConfig(classes=3))
    start_from(model, shared / "data/weights/mobilenet_v1_0.75_192_quant.tflite")
    spreads = [float(layer.weight.detach().std()) for layer in convolutions(model)]
    assert len(spreads) == 27
    assert min(spreads) > 0.01
    assert np.isfinite(spreads).all()


def test_start_weights_of_another_width_are_refused(shared: Path) -> None:
    model = build_model(ModelConfig(classes=3, width=0.5))
    with pytest.raises(UnusableWeights, match="width"):
        start_from(model, shared / "data/weights/mobilenet_v1_0.75_192_quant.tflite")


@pytest.mark.parametrize("content", [b"", b"no tflite file at all"])
def test_file_without_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.tflite"
    path.write_bytes(content)
    with pytest.raises(UnusableWeights):
        start_from(build_model(ModelConfig(classes=3)), path)
