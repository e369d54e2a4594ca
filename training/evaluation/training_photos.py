"""Which photos a model was trained on, as a list of hashes beside its manifest.

A model's figures on photos that it was trained on are too good. The list tells such photos by their
bytes: a copy that was saved anew is not recognized.

The file holds the model file's SHA-256 (32 bytes), then the first 8 bytes of each photo's SHA-256,
in ascending order. Where 10,000 photos are measured by a list of as many, the chance that any of
them is taken for a listed one is under 1 in 10^11.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from training.data.photo_set import load_photos
from training.data.sources.files import UnusableData
from training.serving.errors import ModelMismatch
from training.serving.manifest import MANIFEST_NAME, Manifest

TRAINING_PHOTOS_NAME = "training_photos.bin"
_DIGEST_BYTES = 32
_HASH = np.dtype(">u8")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPhotos:
    """The photos of one model, by the first 8 bytes of their SHA-256."""

    hashes: NDArray[np.uint64]  # (photos,), ascending

    @classmethod
    def load(cls, model_dir: Path, manifest: Manifest) -> Self | None:
        """Read the list beside a manifest; None if the model has none: not known.

        Raises: ModelMismatch, for a list that is malformed or of another model.
        """
        path = model_dir / TRAINING_PHOTOS_NAME
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ModelMismatch(f"{path} cannot be read: {error}") from error
        if content[:_DIGEST_BYTES].hex() != manifest.model_sha256:
            raise ModelMismatch(f"{path} is not the list of this model's training photos")
        if len(content) % _HASH.itemsize:
            raise ModelMismatch(f"{path} is incomplete")
        hashes = np.frombuffer(content[_DIGEST_BYTES:], _HASH)
        return cls(hashes=hashes.astype(np.uint64))

    def include(self, digests: Iterable[str]) -> NDArray[np.bool_]:
        """Return a flag for each SHA-256 (64 hexadecimal digits): True if it was trained on."""
        return np.isin(_hashes(digests), self.hashes)


def write_training_photos(model_dir: Path, digests: Iterable[str]) -> None:
    """Write the list beside the manifest in `model_dir`, from the photos' SHA-256.

    Raises: InvalidManifest.
    """
    manifest = Manifest.load(model_dir / MANIFEST_NAME)
    hashes = np.unique(_hashes(digests))
    content = bytes.fromhex(manifest.model_sha256) + hashes.astype(_HASH).tobytes()
    (model_dir / TRAINING_PHOTOS_NAME).write_bytes(content)


def list_training_photos(
    model_dir: Path, data: Sequence[Path], cache_dir: Path, *, report: Callable[[str], None]
) -> int:
    """Write the list of a model that was trained before there were lists; return its length.

    Raises: InvalidManifest; UnusableData, if the photos are not those that the manifest names.
    """
    path = model_dir / MANIFEST_NAME
    manifest = Manifest.load(path)
    training = json.loads(path.read_bytes()).get("training", {})
    photos = load_photos(
        data,
        "train",
        classes=manifest.classes,
        spec=manifest.input,
        archive_limit=training.get("config", {}).get("archive_limit", 0),
        cache_dir=cache_dir,
        report=report,
    )
    if photos.digest(manifest.classes) != training.get("data_digest"):
        raise UnusableData(
            f"the photos under {', '.join(map(str, data))} are not those that "
            f"{manifest.model_version} was trained on: their digest is another one"
        )
    write_training_photos(model_dir, photos.hashes.tolist())
    return len(photos)


def _hashes(digests: Iterable[str]) -> NDArray[np.uint64]:
    return np.array([int(digest[:16], 16) for digest in digests], dtype=np.uint64)
