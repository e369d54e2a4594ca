"""Labelled photos, through the same two steps as in production.

Every photo goes through `handlers.domain.photo.wire_image.prepare` to its wire image and through
`training.serving.preprocess` to the model's input size. `training/data/sources` reads the files.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handlers.domain.ledger.refused_photos import refusal_of
from training.data.prepared import PreparedPhotos, prepare_all, quality_of
from training.data.sources.corrections import CORRECTIONS, read_corrections
from training.data.sources.files import LabelledFile, UnusableData
from training.data.sources.folders import Wanted, find_files, folder_names
from training.data.sources.refused import read_refused
from training.data.splits import Split, digest_of, fold_of
from training.serving.manifest import InputSpec

__all__ = ["LabelledFile", "PhotoSet", "Split", "UnusableData", "load_files", "load_photos"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoSet:
    """N photos at the model's input size; every field has one row a photo."""

    pixels: NDArray[np.uint8]  # (N, height, width, RGB)
    labels: NDArray[np.int64]  # index into the classes
    sources: NDArray[np.str_]
    hashes: NDArray[np.str_]  # SHA-256 of the original bytes, hexadecimal
    quality: NDArray[np.void] | None = None  # fields of `handlers.domain.photo.quality.Quality`

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def has_defect(self) -> NDArray[np.bool_]:
        """Return (N,) flags: True where the photo's quality sends it to a person.

        All False if the quality is not known.
        """
        if self.quality is None:
            return np.zeros(len(self), dtype=np.bool_)
        return np.array([bool(quality_of(row).defects()) for row in self.quality], dtype=np.bool_)

    def take(self, rows: NDArray[np.bool_]) -> "PhotoSet":
        """Return the photos whose flag in `rows`, shape (N,), is True."""
        return PhotoSet(
            pixels=self.pixels[rows],
            labels=self.labels[rows],
            sources=self.sources[rows],
            hashes=self.hashes[rows],
            quality=None if self.quality is None else self.quality[rows],
        )

    def rows_of(self, sources: Sequence[str]) -> NDArray[np.bool_]:
        """Return (N,) flags of the photos of these sources; all True if no photo is of them."""
        named = np.isin(self.sources, sources)
        return named if named.any() else np.ones(len(self), dtype=np.bool_)

    def folds(self, count: int) -> NDArray[np.int64]:
        """Return the fold of each photo, 0 to `count` - 1.

        It follows from the photo's bytes, so a photo and its copies are always in the same one.
        """
        return np.array([fold_of(str(digest), count) for digest in self.hashes], dtype=np.int64)

    def digest(self, classes: Sequence[str]) -> str:
        """Return SHA-256 over the bytes, sources and labels of all photos, in any order."""
        lines = sorted(
            f"{content} {source} {classes[label]}"
            for content, source, label in zip(self.hashes, self.sources, self.labels, strict=True)
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def load_photos(
    data: Path | Sequence[Path],
    split: Split,
    *,
    classes: Sequence[str],
    spec: InputSpec,
    archive_limit: int = 0,
    cache_dir: Path | None = None,
    corrections: Path | None = CORRECTIONS,
    report: Callable[[str], None] = lambda _: None,
) -> PhotoSet:
    """Load all photos of one side of the split.

    Folders in archives that are not a class count as the last class, up to `archive_limit` photos
    an archive. For `train`, labels are corrected, and photos that are also in `test` or have two
    labels are left out.

    Raises: UnusableData.
    """
    places = [data] if isinstance(data, Path) else list(data)
    files = _list_files(places, split, classes=classes, archive_limit=archive_limit)
    if not files:
        raise UnusableData(_no_photos(places, split, classes))
    files, digests = _permitted(
        files,
        [digest_of(file.read()) for file in files],
        refused={name for place in places for name in read_refused(place)},
        report=report,
    )
    if split == "train":
        tests = _list_files(places, "test", classes=classes, archive_limit=archive_limit)
        files, digests = _fit_to_learn_from(
            files,
            digests,
            classes=classes,
            corrected=read_corrections(corrections),
            tests={digest_of(file.read()) for file in tests},
            report=report,
        )
    return load_files(
        files, digests, classes=classes, spec=spec, cache_dir=cache_dir, report=report
    )


def load_files(
    files: Sequence[LabelledFile],
    digests: Sequence[str],
    *,
    classes: Sequence[str],
    spec: InputSpec,
    cache_dir: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> PhotoSet:
    """Load these photos, except those that Serialize would refuse.

    `digests` are the files' SHA-256, in the same order.

    Raises: UnusableData.
    """
    prepared: PreparedPhotos = prepare_all(files, digests, spec=spec, cache_dir=cache_dir)
    readable = prepared.readable
    if not readable.any():
        raise UnusableData("there are files, but none of them is a photo that can be read")
    if not readable.all():
        report(f"{int((~readable).sum())} files left out: Serialize does not accept them")
    return PhotoSet(
        pixels=prepared.pixels,
        labels=np.array([classes.index(file.label) for file in files], dtype=np.int64),
        sources=np.array([file.source for file in files]),
        hashes=np.array(digests),
        quality=prepared.quality,
    ).take(readable)


def _list_files(
    places: Iterable[Path], split: Split, *, classes: Sequence[str], archive_limit: int
) -> list[LabelledFile]:
    wanted = Wanted(
        split=split,
        classes=tuple(classes),
        negatives=classes[-1],
        archive_limit=archive_limit,
    )
    files = [file for place in places for file in find_files(place, wanted)]
    return sorted(files, key=lambda file: (file.source, file.label, file.name))


def _permitted(
    files: Sequence[LabelledFile],
    digests: Sequence[str],
    *,
    refused: Set[str],
    report: Callable[[str], None],
) -> tuple[list[LabelledFile], list[str]]:
    """Return the photos whose content is not refused, with their digests."""
    pairs = [
        (file, digest)
        for file, digest in zip(files, digests, strict=True)
        if refusal_of(digest) not in refused
    ]
    if len(pairs) < len(files):
        report(f"{len(files) - len(pairs)} photos left out as their drivers were erased")
    return [file for file, _ in pairs], [digest for _, digest in pairs]


def _fit_to_learn_from(
    files: Sequence[LabelledFile],
    digests: Sequence[str],
    *,
    classes: Sequence[str],
    corrected: Mapping[str, str],
    tests: set[str],
    report: Callable[[str], None],
) -> tuple[list[LabelledFile], list[str]]:
    pairs = [
        (replace(file, label=corrected.get(digest, file.label)), digest)
        for file, digest in zip(files, digests, strict=True)
    ]
    labels: dict[str, set[str]] = {}
    for file, digest in pairs:
        labels.setdefault(digest, set()).add(file.label)
    left_out = {
        "by hand": {digest for _, digest in pairs if not labels[digest] <= set(classes)},
        "as they have two labels": {digest for _, digest in pairs if len(labels[digest]) > 1},
        "as the same bytes are test photos": tests,
    }
    for reason, excluded in left_out.items():
        count = sum(digest in excluded for _, digest in pairs)
        if count:
            report(f"{count} training photos left out {reason}")
    kept = [
        pair for pair in pairs if not any(pair[1] in excluded for excluded in left_out.values())
    ]
    return [file for file, _ in kept], [digest for _, digest in kept]


def _no_photos(places: Sequence[Path], split: Split, classes: Sequence[str]) -> str:
    folders = sorted({name for place in places if place.is_dir() for name in folder_names(place)})
    return (
        f"no photos under {', '.join(map(str, places))} for the classes "
        f"{', '.join(classes)}: looked for <source>/{split}/<class>/, <source>/<class>/ "
        f"and <class>/; folders there: {', '.join(folders[:20]) or 'none'}"
    )
