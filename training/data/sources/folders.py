"""Labelled photos in folders, in any of these layouts:

- `<source>/<train|test>/<class>/*`: split by its owner;
- `<source>/<class>/*` and `<class>/*`: split here, by content (`training/data/splits.py`);
- `<source>/<train|test>.zip`: folders inside; those that are not a class are negatives;
- `<source>/cifar-100-python.tar.gz`: read without unpacking.
"""

import hashlib
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from training.data.sources import cifar100
from training.data.sources.files import LabelledFile, UnusableData, in_memory
from training.data.splits import SPLITS, Split, digest_of, side_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which photos of a folder to read."""

    split: Split | None  # None: both sides
    classes: tuple[str, ...]
    negatives: str | None  # label of folders in archives that are not a class; None: leave out
    archive_limit: int  # photos read from an archive, at most

    def admits(self, content: bytes) -> bool:
        """Whether a photo without an owner's choice of side is on the wanted side."""
        return self.split is None or side_of(digest_of(content)) == self.split


def find_files(data: Path, wanted: Wanted) -> Iterator[LabelledFile]:
    """Yield the wanted photos of a folder or archive in a fixed order. Raises: UnusableData."""
    if data.is_file():
        if data.name != cifar100.ARCHIVE_NAME:
            raise UnusableData(f"{data} is neither a folder nor {cifar100.ARCHIVE_NAME}")
        yield from _packed(data, cifar100.SOURCE, wanted)
        return
    for folder in _sources(data, wanted.classes):
        if _is_split(folder):
            yield from _sides(folder, wanted)
        else:
            for file in _classes_in(folder, folder.name, wanted.classes):
                if wanted.split is None or wanted.admits(file.read()):
                    yield file
        for archive in sorted(folder.glob(cifar100.ARCHIVE_NAME)):
            yield from _packed(archive, folder.name, wanted)


def is_split(data: Path, classes: Collection[str]) -> bool:
    """Whether the folder has a train and a test side."""
    return any(_is_split(folder) for folder in _sources(data, classes))


def folder_names(data: Path) -> list[str]:
    """Return the sorted names of the innermost folders, which may be meant as classes."""
    folders = [path for path in data.rglob("*") if path.is_dir() and not _is_hidden(path, data)]
    inner = {path.name for path in folders if not any(child.is_dir() for child in path.iterdir())}
    return sorted(inner)


def _sources(data: Path, classes: Collection[str]) -> list[Path]:
    """Return the folder itself if it holds classes or sides, else the folders in it."""
    own = {*SPLITS, *classes}
    if not data.is_dir():
        raise UnusableData(f"there is no folder {data}")
    folders = [path for path in data.iterdir() if path.is_dir() and not _is_hidden(path, data)]
    if any(folder.name in own for folder in folders) or (data / cifar100.ARCHIVE_NAME).is_file():
        return [data.resolve()]
    return sorted(folders)


def _is_split(folder: Path) -> bool:
    return any((folder / side).is_dir() or (folder / f"{side}.zip").is_file() for side in SPLITS)


def _sides(folder: Path, wanted: Wanted) -> Iterator[LabelledFile]:
    for side in SPLITS:
        if wanted.split in {None, side}:
            if (folder / side).is_dir():
                yield from _classes_in(folder / side, folder.name, wanted.classes)
            if (folder / f"{side}.zip").is_file():
                yield from _archived(folder / f"{side}.zip", folder.name, wanted)


def _classes_in(folder: Path, source: str, classes: Collection[str]) -> Iterator[LabelledFile]:
    for label in sorted(set(classes)):
        for path in sorted((folder / label).rglob("*")):
            if path.is_file() and not _is_hidden(path, folder):
                name = path.relative_to(folder / label).as_posix()
                yield LabelledFile(source=source, label=label, name=name, read=path.read_bytes)


def _archived(archive: Path, source: str, wanted: Wanted) -> Iterator[LabelledFile]:
    with zipfile.ZipFile(archive) as content:
        labels = {
            name: parts[-2] if parts[-2] in wanted.classes else wanted.negatives
            for name in content.namelist()
            if len(parts := ("", *name.split("/"))) > 1 and parts[-1]
        }
        names = [name for name, label in labels.items() if label is not None]
        # By the hash of the name: the same sample everywhere, spread over all folders.
        names.sort(key=lambda name: hashlib.sha256(name.encode()).digest())
        for name in names[: wanted.archive_limit]:
            label = labels[name] or ""
            photo = in_memory(content.read(name))
            yield LabelledFile(source=source, label=label, name=name, read=photo)


def _packed(archive: Path, source: str, wanted: Wanted) -> Iterator[LabelledFile]:
    for side in SPLITS:
        if wanted.split in {None, side}:
            yield from cifar100.photos(
                archive,
                side,
                source=source,
                classes=wanted.classes,
                negatives=wanted.negatives,
                negatives_limit=wanted.archive_limit,
            )


def _is_hidden(path: Path, below: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(below).parts)
