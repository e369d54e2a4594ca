"""Which photos a model was trained on."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.pictures import a_jpeg
from tests.training.conftest import ManifestEdit
from tests.training.data.test_photo_set import put
from training.__main__ import app
from training.data.photo_set import load_photos
from training.evaluation.training_photos import (
    TRAINING_PHOTOS_NAME,
    TrainingPhotos,
    write_training_photos,
)
from training.registry.archive import pack, unpack
from training.serving.errors import ModelMismatch
from training.serving.manifest import Manifest

DIGESTS = [hashlib.sha256(bytes([number])).hexdigest() for number in range(40)]


@pytest.fixture
def model(model_with: Callable[[ManifestEdit], Path]) -> Path:
    return model_with(lambda _: None)


def listed(model: Path) -> TrainingPhotos | None:
    return TrainingPhotos.load(model, Manifest.load(model / "manifest.json"))


def test_listed_photos_are_recognized_and_others_are_not(model: Path) -> None:
    write_training_photos(model, DIGESTS[:30])
    photos = listed(model)
    assert photos is not None
    assert photos.include(DIGESTS).tolist() == [True] * 30 + [False] * 10
    assert photos.include(DIGESTS[28:31]).tolist() == [True, True, False]  # numpy has another way


def test_order_and_copies_do_not_change_the_list(model: Path) -> None:
    write_training_photos(model, DIGESTS)
    first = (model / TRAINING_PHOTOS_NAME).read_bytes()
    write_training_photos(model, [*reversed(DIGESTS), *DIGESTS])
    assert (model / TRAINING_PHOTOS_NAME).read_bytes() == first
    assert len(first) == 32 + 8 * 40


def test_model_without_a_list_cannot_tell(model: Path) -> None:
    (model / TRAINING_PHOTOS_NAME).unlink(missing_ok=True)
    assert listed(model) is None


@pytest.mark.parametrize("broken", ["other", "shorter", "folder"])
def test_list_that_is_not_the_models_is_refused(model: Path, broken: str) -> None:
    write_training_photos(model, DIGESTS)
    path = model / TRAINING_PHOTOS_NAME
    content = path.read_bytes()
    if broken == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(bytes(32) + content[32:] if broken == "other" else content[:-3])
    with pytest.raises(ModelMismatch, match=TRAINING_PHOTOS_NAME):
        listed(model)


def test_list_travels_with_the_packed_model(model: Path, tmp_path: Path) -> None:
    write_training_photos(model, DIGESTS)
    unpack(pack(model), tmp_path / "unpacked")
    photos = listed(tmp_path / "unpacked")
    assert photos is not None
    assert photos.include(DIGESTS).all()


@pytest.fixture
def older(model_with: Callable[[ManifestEdit], Path], shipped: Path, tmp_path: Path) -> Path:
    """A model without a list, and in `tmp_path / "data"` the photos that its manifest names."""
    classes = Manifest.load(shipped / "manifest.json").classes
    for number, label in enumerate(classes):
        put(tmp_path / "data", f"yard/train/{label}/a.jpg", a_jpeg((100 + number, 90)))
    spec = Manifest.load(shipped / "manifest.json").input
    photos = load_photos(tmp_path / "data", "train", classes=classes, spec=spec)

    def trained_on_them(manifest: dict[str, object]) -> None:
        manifest["training"] = {"data_digest": photos.digest(classes)}

    return model_with(trained_on_them)


def run(model: Path, data: Path) -> tuple[int, str]:
    words = ["trained-photos", str(model), "--data", str(data), "--work", str(data / "work")]
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.output


def test_list_of_an_older_model_is_made_from_its_photos(older: Path, tmp_path: Path) -> None:
    code, output = run(older, tmp_path / "data")
    assert code == 0, output
    files = sorted((tmp_path / "data" / "yard").rglob("*.jpg"))
    photos = listed(older)
    assert photos is not None
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    assert photos.include(digests).all()


def test_list_is_not_made_from_other_photos(older: Path, tmp_path: Path) -> None:
    put(tmp_path / "data", "yard/train/bicycle/another.jpg", a_jpeg((210, 90)))
    (older / TRAINING_PHOTOS_NAME).unlink(missing_ok=True)
    code, output = run(older, tmp_path / "data")
    assert code == 2
    assert "digest" in output
    assert not (older / TRAINING_PHOTOS_NAME).exists()


def test_training_photos_of_the_shipped_model_are_all_of_its_manifest(shipped: Path) -> None:
    """The list is of the model beside it, and as long as its manifest says, less the copies."""
    manifest = Manifest.load(shipped / "manifest.json")
    photos = TrainingPhotos.load(shipped, manifest)
    if photos is None:
        pytest.skip("the shipped model has no list: python -m training trained-photos")
    wire = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    assert 0.9 * wire["training"]["photos"] < len(photos.hashes) <= wire["training"]["photos"]
