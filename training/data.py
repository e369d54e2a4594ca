"""Labelled photos, through the same two steps as in production.

Every photo goes through `handlers.domain.photo.prepare` to its wire image and through
`training.serving.preprocess` to the model's input size. Layout of a data folder:
`<source>/<train|test>/<class>/*`, and optionally `<source>/train.zip` (see `_archived`).
"""

import hashlib
import inspect
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from handlers.domain import photo
from training.serving import preprocess
from training.serving.manifest import InputSpec

Split = Literal["train", "test"]


class UnusableData(Exception):
    """The data folder holds no photos of the classes that are to be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFile:
    """One photo's bytes, with what its place in the data folder says about it."""

    source: str
    label: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoSet:
    """Photos at the model's input size; all fields have one row a photo."""

    pixels: NDArray[np.uint8]  # (N, height, width, RGB)
    labels: NDArray[np.int64]  # index into the classes
    sources: NDArray[np.str_]
    hashes: NDArray[np.str_]  # SHA-256 of the original bytes

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.bool_]) -> "PhotoSet":
        """The photos whose row is true."""
        return PhotoSet(
            pixels=self.pixels[rows],
            labels=self.labels[rows],
            sources=self.sources[rows],
            hashes=self.hashes[rows],
        )

    def folds(self, count: int) -> NDArray[np.int64]:
        """The fold of each photo, by its bytes: a photo never changes side, nor do its copies."""
        return np.array([int(digest[:8], 16) % count for digest in self.hashes], dtype=np.int64)

    def digest(self, classes: Sequence[str]) -> str:
        """One hash over the bytes and labels of all photos, whatever their order and names."""
        lines = sorted(
            f"{content} {source} {classes[label]}"
            for content, source, label in zip(self.hashes, self.sources, self.labels, strict=True)
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def load_photos(
    data_dir: Path,
    split: Split,
    *,
    classes: Sequence[str],
    spec: InputSpec,
    archive_limit: int = 0,
    cache_dir: Path | None = None,
) -> PhotoSet:
    """All photos of one side of the split. Raises: UnusableData."""
    files = sorted(
        find_files(data_dir, split, classes=classes, archive_limit=archive_limit),
        key=lambda file: (file.source, file.label, file.name),
    )
    if not files:
        raise UnusableData(
            f"no photos under {data_dir}/<source>/{split}/<class>/ for the classes "
            + ", ".join(classes)
        )
    hashes = [hashlib.sha256(file.content).hexdigest() for file in files]
    pixels = _cached_pixels(files, hashes, split, spec=spec, cache_dir=cache_dir)
    kept = np.asarray(pixels.any(axis=(1, 2, 3)))  # a refused photo was left black
    return PhotoSet(
        pixels=pixels,
        labels=np.array([classes.index(file.label) for file in files], dtype=np.int64),
        sources=np.array([file.source for file in files]),
        hashes=np.array(hashes),
    ).take(kept)


def find_files(
    data_dir: Path, split: Split, *, classes: Sequence[str], archive_limit: int
) -> Iterator[LabelledFile]:
    """Every file of one side of the split, then at most `archive_limit` from each archive."""
    for label_dir in sorted(data_dir.glob(f"*/{split}/*/")):
        if label_dir.name not in classes:
            continue
        for path in sorted(entry for entry in label_dir.iterdir() if entry.is_file()):
            yield LabelledFile(
                source=label_dir.parent.parent.name,
                label=label_dir.name,
                name=path.name,
                content=path.read_bytes(),
            )
    for archive in sorted(data_dir.glob(f"*/{split}.zip")):
        yield from _archived(archive, label=classes[-1], limit=archive_limit)


def _archived(archive: Path, *, label: str, limit: int) -> Iterator[LabelledFile]:
    """A sample of an archive whose folders are classes of its own: all are negatives to us."""
    with zipfile.ZipFile(archive) as content:
        names = [name for name in content.namelist() if not name.endswith("/")]
        # By the hash of the name: the same sample everywhere, spread over all folders.
        names.sort(key=lambda name: hashlib.sha256(name.encode()).digest())
        for name in names[:limit]:
            yield LabelledFile(
                source=archive.parent.name, label=label, name=name, content=content.read(name)
            )


def _cached_pixels(
    files: Sequence[LabelledFile],
    hashes: Sequence[str],
    split: Split,
    *,
    spec: InputSpec,
    cache_dir: Path | None,
) -> NDArray[np.uint8]:
    if cache_dir is None:
        return _pixels(files, split, spec)
    path = cache_dir / f"{split}-{_cache_key(hashes, spec)}.npy"
    if path.exists():
        cached: NDArray[np.uint8] = np.load(path)
        return cached
    pixels = _pixels(files, split, spec)
    cache_dir.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".partial.npy")
    np.save(unfinished, pixels)
    unfinished.replace(path)
    return pixels


def _cache_key(hashes: Iterable[str], spec: InputSpec) -> str:
    """Changes with the photos, the input, and the code of the two steps."""
    key = hashlib.sha256("\n".join(hashes).encode())
    key.update(repr(spec).encode())
    for step in (inspect.getsource(photo), inspect.getsource(preprocess)):
        key.update(step.encode())
    return key.hexdigest()[:16]


def _pixels(files: Sequence[LabelledFile], split: Split, spec: InputSpec) -> NDArray[np.uint8]:
    pixels = np.zeros((len(files), spec.height, spec.width, 3), dtype=np.uint8)
    for row, file in enumerate(track(files, description=f"Preparing {split} photos")):
        prepared = photo.prepare(file.content)
        if isinstance(prepared, photo.Prepared):
            pixels[row] = preprocess.to_pixels(preprocess.decode(prepared.wire_image), spec)
    return pixels
