"""A complete training run, tiny: from folders of drawn pictures to a model that is served."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.drawn import TINY, draw
from training.config import AugmentConfig, TrainConfig
from training.serving.predictor import Predictor

torch = pytest.importorskip("torch", reason="torch is not installed; `make train` installs it")

# After the check for torch, which these import.
from training.data.augment import augment, mix_up  # noqa: E402
from training.data.photo_set import load_photos  # noqa: E402
from training.model.fit import (  # noqa: E402
    backbone_rate,
    fit,
    head_rate,
    new_model,
    side_at,
)
from training.model.network import ModelConfig, build_model, convolutions  # noqa: E402
from training.model.pretrained import (  # noqa: E402
    UnusableWeights,
    packaged_weights,
    start_from,
)
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


def test_the_head_learns_alone_then_all_rates_rise_and_fall_to_zero() -> None:
    config = replace(TrainConfig(), probe_share=0.2, warm_up=0.1)
    assert backbone_rate(0.1, config) == backbone_rate(0.2, config) == 0
    assert head_rate(0.1, config) == config.probe_rate
    assert backbone_rate(0.2 + 0.8 * 0.1, config) == pytest.approx(config.backbone_rate)
    assert head_rate(0.2 + 0.8 * 0.1, config) == pytest.approx(config.head_rate)
    assert backbone_rate(1.0, config) == pytest.approx(0)


def test_start_weights_stay_in_the_lower_layers_and_change_in_the_upper_ones(data: Path) -> None:
    config = replace(
        TINY, width=1.1, depth=1.2, frozen_layers=10, epochs=1, batch=4, epoch_photos=8
    )
    photos = load_photos(data, "train", classes=TINY.classes, spec=TINY.input)
    model = fit(photos, config, weights=packaged_weights(), name="a", report=lambda _: None)
    start = new_model(config, packaged_weights())
    same = [
        all(map(torch.equal, layer.parameters(), other.parameters()))
        for layer, other in zip(model.features, start.features, strict=True)
    ]
    assert all(same[: config.frozen_layers])
    assert not same[-2]


def test_images_start_small_and_end_as_they_are_served() -> None:
    config = TrainConfig()
    sides = [side_at(progress, config) for progress in (0.0, config.first_share, 0.99, 1.0)]
    assert sides == [config.first_side] * 2 + [config.input.width] * 2
    assert side_at(0.0, replace(TINY, first_side=96)) == TINY.input.width


def test_start_weights_fit_the_model_and_keep_the_scale_of_what_passes_through() -> None:
    model = build_model(ModelConfig(classes=3)).eval()
    start_from(model, packaged_weights())
    assert len(convolutions(model)) == 64
    torch.manual_seed(1)
    # Normalised features have a mean near nought and a spread near one before the activation; with
    # a wrong fold they vanish or explode over 64 layers.
    with torch.no_grad():
        features = model.features[:-1](torch.randn(4, 3, 64, 64))
    assert 0.3 < float(features.std()) < 3


def test_start_weights_of_another_width_are_refused() -> None:
    model = build_model(ModelConfig(classes=3, width=0.5))
    with pytest.raises(UnusableWeights, match="width"):
        start_from(model, packaged_weights())


def test_another_file_than_the_packages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    with pytest.raises(UnusableWeights, match="cannot be read"):
        start_from(build_model(ModelConfig(classes=3)), path)
    path.write_bytes(packaged_weights().read_bytes()[:-1] + b"x")
    with pytest.raises(UnusableWeights, match="has SHA-256"):
        start_from(build_model(ModelConfig(classes=3)), path)


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"fc.weight": torch.zeros(3)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(UnusableWeights, match="is not an EfficientNet-Lite"):
        start_from(build_model(ModelConfig(classes=3)), path, sha256=digest)
