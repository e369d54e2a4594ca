"""The archive that SageMaker unpacks."""

import io
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from training.registry.archive import pack, unpack
from training.serving.errors import InvalidManifest, InvalidModel, ModelMismatch
from training.serving.predictor import Predictor


def archive(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as content:
        for name, data in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/"))
            entry.size = len(data)
            content.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def test_same_model_is_packed_into_the_same_bytes(shipped: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(shipped, copy)
    for path in copy.iterdir():
        os.utime(path, (1, 1))
        path.chmod(0o600)
    assert pack(copy) == pack(shipped)


def test_packed_model_can_be_served(shipped: Path, tmp_path: Path) -> None:
    manifest = unpack(pack(shipped), tmp_path / "model")
    assert Predictor.load(tmp_path / "model").manifest == manifest
    assert {path.name for path in (tmp_path / "model").iterdir()} <= {
        "baseline.json",
        "manifest.json",
        "model.onnx",
        "training_photos.bin",
    }


def test_model_that_differs_from_its_manifest_is_not_packed(shipped: Path, tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(shipped, copy)
    (copy / "model.onnx").write_bytes(b"another")
    with pytest.raises(ModelMismatch):
        pack(copy)


def test_archive_of_a_training_job_is_read(shipped: Path, tmp_path: Path) -> None:
    """Other programs pack `./manifest.json`, folders and further entries."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as content:
        content.add(shipped, arcname=".")
    assert unpack(packed.getvalue(), tmp_path).classes


def test_nothing_is_written_outside_the_folder(shipped: Path, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as content:
        content.add(shipped, arcname=".")
        for name in ("../outside", "/tmp/outside", "sub/inside", ".hidden"):  # noqa: S108
            entry = tarfile.TarInfo(name)
            entry.size = 1
            content.addfile(entry, io.BytesIO(b"x"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        content.addfile(link)
    folder = tmp_path / "model"
    unpack(packed.getvalue(), folder)
    assert {path.name for path in folder.iterdir()} == {path.name for path in shipped.iterdir()}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", archive()[:20]],
    ids=["empty", "text", "truncated"],  # a gzip header holds the time: no name for a test
)
def test_bytes_that_are_not_an_archive_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ModelMismatch, match="cannot be read"):
        unpack(content, tmp_path)


def test_archive_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest):
        unpack(archive(notes=b"x"), tmp_path)


def test_archive_whose_model_was_exchanged_is_refused(shipped: Path, tmp_path: Path) -> None:
    manifest = (shipped / "manifest.json").read_bytes()
    name = json.loads(manifest)["model_file"]
    with pytest.raises(InvalidModel, match="SHA-256"):
        unpack(archive(**{"manifest.json": manifest, name: b"another"}), tmp_path)
