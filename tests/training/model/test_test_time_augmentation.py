"""Logits of photos in doubt, averaged with those of the mirror image."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.serving.predictor import Predictor

torch = pytest.importorskip("torch", reason="torch is not installed; `make train` installs it")

# After the check for torch, which these import.
from tests.training.drawn import TINY  # noqa: E402
from training.data.photo_set import PhotoSet  # noqa: E402
from training.model.export import write_onnx  # noqa: E402
from training.model.network import ModelConfig, build_model, convolutions  # noqa: E402
from training.model.test_time_augmentation import served_logits  # noqa: E402
from training.serving.manifest import Manifest  # noqa: E402
from training.serving.preprocess import normalise  # noqa: E402


def some_photos(count: int) -> PhotoSet:
    generator = np.random.default_rng(3)
    return PhotoSet(
        pixels=generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8),
        labels=np.zeros(count, dtype=np.int64),
        sources=np.array(["drawn"] * count),
        hashes=np.array([f"{number:064x}" for number in range(count)]),
    )


def some_model() -> Any:  # torch has no types here
    """A random model with weights so large that its logits differ from photo to photo."""
    torch.manual_seed(2)
    model = build_model(ModelConfig(classes=3, width=0.25)).eval()
    for layer in [*convolutions(model), model.head]:
        torch.nn.init.kaiming_normal_(layer.weight)
    model.head.weight.data *= 1000
    return model


def test_unsure_photos_are_averaged_with_their_mirror_image_and_no_others() -> None:
    model, photos = some_model(), some_photos(12)
    mirrored = replace(photos, pixels=photos.pixels[:, :, ::-1])
    first = served_logits(model, photos, replace(TINY, second_look_margin=0))
    average = (first + served_logits(model, mirrored, replace(TINY, second_look_margin=0))) / 2
    ordered = np.sort(first, axis=1)
    margins = ordered[:, -1] - ordered[:, -2]
    margin = float(np.median(margins))
    logits = served_logits(model, photos, replace(TINY, second_look_margin=margin))
    assert 0 < (margins < margin).sum() < len(photos)
    expected = np.where((margins < margin)[:, np.newaxis], average, first)
    assert np.allclose(logits, expected, rtol=1e-3, atol=1e-2)
    assert not np.allclose(average, first, rtol=1e-3, atol=1e-2)


def test_server_gives_the_logits_that_calibration_uses(tmp_path: Path) -> None:
    model, photos = some_model(), some_photos(12)
    images = normalise(photos.pixels, TINY.input)
    first = served_logits(model, photos, replace(TINY, second_look_margin=0))
    ordered = np.sort(first, axis=1)
    config = replace(TINY, second_look_margin=float(np.median(ordered[:, -1] - ordered[:, -2])))
    write_onnx(model, config, tmp_path / "model.onnx")
    content = (tmp_path / "model.onnx").read_bytes()
    manifest = Manifest(
        model_version="random",
        model_file="model.onnx",
        model_sha256=hashlib.sha256(content).hexdigest(),
        classes=TINY.classes,
        input=TINY.input,
        temperature=1.0,
        second_look_margin=config.second_look_margin,
        threshold=0.9,
        vehicle_classes=TINY.vehicles,
    )
    predictor = Predictor(manifest, content)
    expected = served_logits(model, photos, config)
    assert np.allclose(predictor.logits(images), expected, rtol=1e-3, atol=1e-2)
    assert not np.allclose(predictor.first_look(images), expected, rtol=1e-3, atol=1e-2)


def test_photo_in_doubt_and_its_mirror_image_get_the_same_logits(shipped: Path) -> None:
    predictor = Predictor.load(shipped)
    spec = predictor.manifest.input
    image = np.random.default_rng(4).random((1, 3, spec.height, spec.width), dtype=np.float32)
    predictor.manifest = replace(predictor.manifest, second_look_margin=1e6)
    gap = np.abs(predictor.logits(image) - predictor.logits(image[..., ::-1].copy())).max()
    assert gap < 1e-3
    one_look = predictor.first_look(image) - predictor.first_look(image[..., ::-1].copy())
    assert np.abs(one_look).max() > 1e-3
