"""The model directories that are served, and the preprocessing of an image."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.pictures import a_jpeg, a_picture, encoded
from tests.training.conftest import ManifestEdit
from training.evaluation.model_card import figures
from training.serving import preprocess
from training.serving.errors import BrokenInference, InvalidManifest, ModelMismatch, RefusedImage
from training.serving.manifest import InputSpec, Manifest
from training.serving.predictor import Predictor, softmax

SPEC = InputSpec(width=96, height=96, mean=127.5, scale=127.5, layout="NCHW", name="image")


def set_field(*path: str, value: object) -> ManifestEdit:
    """Return an edit that replaces one field at any depth."""

    def edit(manifest: dict[str, Any]) -> None:  # Any: JSON values
        for name in path[:-1]:
            manifest = manifest[name]
        manifest[path[-1]] = value

    return edit


def drop_field(name: str) -> ManifestEdit:
    """Return an edit that removes one field."""

    def edit(manifest: dict[str, Any]) -> None:  # Any: JSON values
        del manifest[name]

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        set_field("schema_version", value=1),
        set_field("schema_version", value=2),
        set_field("second_look_margin", value=-0.1),
        set_field("second_look_margin", value="NaN"),
        drop_field("second_look_margin"),
        drop_field("model_sha256"),
        drop_field("input"),
        set_field("model_sha256", value="abc"),
        set_field("model_file", value="../model.onnx"),
        set_field("model_version", value=""),
        set_field("classes", value=["bicycle", "bicycle", "other"]),
        set_field("classes", value=["bicycle"]),
        set_field("temperature", value=0),
        set_field("temperature", value="NaN"),
        set_field("policy", "threshold", value=1.5),
        set_field("policy", "vehicle_classes", value=[]),
        set_field("policy", "vehicle_classes", value=["van"]),
        set_field("policy", "threshold", value=0),
        set_field("input", "layout", value="NHWC"),
        set_field("input", "scale", value=0),
        set_field("input", "width", value=100_000),
    ],
)
def test_malformed_manifest_is_refused(
    model_with: Callable[[ManifestEdit], Path], edit: ManifestEdit
) -> None:
    with pytest.raises(InvalidManifest, match=r"manifest\.json"):
        Predictor.load(model_with(edit))


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"text"'])
def test_file_that_is_not_a_manifest_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidManifest):
        Predictor.load(tmp_path)


def test_missing_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest):
        Predictor.load(tmp_path)


@pytest.mark.parametrize(
    "edit",
    [
        set_field("model_sha256", value="0" * 64),
        set_field("model_file", value="other.onnx"),
        set_field("classes", value=["bicycle", "motorcycle"]),
        set_field("classes", value=["bicycle", "motorcycle", "van", "other"]),
        set_field("input", "width", value=160),
        set_field("input", "name", value="pixels"),
    ],
)
def test_manifest_of_another_model_is_refused(
    model_with: Callable[[ManifestEdit], Path], edit: ManifestEdit
) -> None:
    with pytest.raises(ModelMismatch):
        Predictor.load(model_with(edit))


def test_one_changed_byte_of_the_model_is_refused(tmp_path: Path, shipped: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(shipped, folder)
    model = bytearray((folder / "model.onnx").read_bytes())
    model[len(model) // 2] ^= 1
    (folder / "model.onnx").write_bytes(model)
    with pytest.raises(ModelMismatch, match="SHA-256"):
        Predictor.load(folder)


def test_shipped_model_is_small_and_names_its_origin(shipped: Path) -> None:
    manifest = Manifest.load(shipped / "manifest.json")
    assert len(manifest.read_model(shipped)) < 6_000_000
    assert "Apache-2.0" in (shipped / "NOTICE").read_text(encoding="utf-8")


def test_model_card_shows_the_figures_of_the_manifest(shipped: Path) -> None:
    wire = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    assert figures(wire) in (shipped / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_shipped_manifest_has_its_provenance(shipped: Path) -> None:
    wire = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    training = wire["training"]
    assert {"seed", "data_digest", "commit", "code_digest", "config", "metrics"} <= set(training)
    assert training["metrics"]["test"]["forced_choice_by_source"]["cifar100"]["value"] >= 0.92


def test_probabilities_are_the_softmax_of_logits_over_temperature(shipped: Path) -> None:
    predictor = Predictor.load(shipped)
    image = a_jpeg((224, 168))
    logits = predictor.logits(preprocess.preprocess(image, predictor.manifest.input))
    expected = softmax(logits / predictor.manifest.temperature)[0]
    prediction = predictor.predict(image)
    assert list(prediction.probabilities.values()) == expected.tolist()


class NotFinite:
    """A session of ONNX Runtime whose output is not finite."""

    def run(self, *_: object) -> list[Any]:
        return [np.full((1, 3), np.nan)]


def test_output_that_is_not_finite_is_no_prediction(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor.load(shipped)
    monkeypatch.setattr(predictor, "_session", NotFinite())
    with pytest.raises(BrokenInference):
        predictor.predict(a_jpeg((224, 168)))


def test_batch_and_single_image_agree(shipped: Path) -> None:
    predictor = Predictor.load(shipped)
    images = [
        preprocess.preprocess(a_jpeg(size), predictor.manifest.input)
        for size in [(96, 96), (224, 100)]
    ]
    together = predictor.logits(np.concatenate(images))
    apart = np.concatenate([predictor.logits(image) for image in images])
    assert np.array_equal(together, apart)


def test_pixels_are_scaled_to_minus_one_to_one_channels_first() -> None:
    image = Image.new("RGB", (96, 96), (255, 0, 51))
    tensor = preprocess.preprocess(encoded(image, "PNG"), SPEC)
    assert tensor.shape == (1, 3, 96, 96)
    assert tensor.dtype == np.float32
    assert np.unique(tensor[0, 0]).tolist() == [1.0]
    assert np.unique(tensor[0, 1]).tolist() == [-1.0]
    assert np.unique(tensor[0, 2]).tolist() == pytest.approx([-0.6])


def test_training_and_serving_see_the_same_numbers() -> None:
    image = a_jpeg((224, 168))
    pixels = preprocess.to_pixels(preprocess.decode(image), SPEC)
    in_training = preprocess.normalise(np.stack([pixels, pixels]), SPEC)
    assert np.array_equal(in_training[1:], preprocess.preprocess(image, SPEC))


def test_picture_of_input_size_is_not_resampled() -> None:
    picture = a_picture((96, 96))
    pixels = preprocess.to_pixels(preprocess.decode(encoded(picture, "PNG")), SPEC)
    assert np.array_equal(pixels, np.asarray(picture))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA"])
def test_png_modes_become_rgb(mode: str) -> None:
    picture = a_picture((64, 48), mode)
    assert preprocess.decode(encoded(picture, "PNG")).mode == "RGB"


def test_transparent_pixels_are_white() -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert preprocess.decode(encoded(clear, "PNG")).getpixel((4, 4)) == (255, 255, 255)


def test_refusal_names_its_code_and_status() -> None:
    with pytest.raises(RefusedImage) as refusal:
        preprocess.decode(b"GIF89a")
    assert (refusal.value.code, refusal.value.status) == ("unsupported_format", 415)
