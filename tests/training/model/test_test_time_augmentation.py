"""Logits averaged over a photo and its mirror image."""

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
from training.model.test_time_augmentation import as_served, served_logits  # noqa: E402
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


def test_mirrored_photos_get_the_same_logits() -> None:
    model = as_served(some_model(), TINY).eval()
    images = torch.rand(3, 3, 32, 32)
    with torch.no_grad():
        logits = model(images)
        assert torch.allclose(logits, model(images.flip(3)), rtol=1e-3, atol=1e-2)
    assert float(logits.std(dim=0).min()) > 0.05


def test_exported_graph_gives_the_logits_that_calibration_uses(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    model = some_model()
    photos = some_photos(5)
    write_onnx(model, TINY, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    logits = session.run(None, {"image": normalise(photos.pixels, TINY.input)})[0]
    assert np.allclose(logits, served_logits(model, photos, TINY), rtol=1e-3, atol=1e-2)
    single = served_logits(model, photos, replace(TINY, flip_averaged=False))
    assert not np.allclose(logits, single, rtol=1e-3, atol=1e-2)


def test_shipped_model_gives_mirrored_photos_the_same_logits(shipped: Path) -> None:
    predictor = Predictor.load(shipped)
    spec = predictor.manifest.input
    image = np.random.default_rng(4).random((1, 3, spec.height, spec.width), dtype=np.float32)
    gap = np.abs(predictor.logits(image) - predictor.logits(image[..., ::-1].copy())).max()
    assert gap < 1e-3
