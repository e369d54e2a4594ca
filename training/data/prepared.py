"""Photos at the model's input size, with their quality figures, cached between runs."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from handlers.domain.photo import wire_image
from handlers.domain.photo.quality import Quality
from handlers.import_closure import import_closure
from training.data.sources.files import LabelledFile
from training.serving import preprocess
from training.serving.manifest import InputSpec

_KINDS = {int: "i8", float: "f8", str: "U8"}
QUALITY = np.dtype([(field.name, _KINDS[field.type]) for field in fields(Quality)])  # type: ignore[index]  # types, as `quality.py` does not postpone them


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPhotos:
    """N files; one row a file."""

    pixels: NDArray[np.uint8]  # (N, height, width, RGB)
    quality: NDArray[np.void]  # (N,) of dtype QUALITY

    @property
    def readable(self) -> NDArray[np.bool_]:
        """Return (N,) flags: False where Serialize would refuse the file; its row is zeros."""
        return np.asarray(self.quality["width"] > 0)


def quality_of(row: np.void) -> Quality:
    """Return one row of dtype QUALITY as the record that it was."""
    return Quality.from_wire(dict(zip(row.dtype.names or (), row.tolist(), strict=True)))


def prepare_all(
    files: Sequence[LabelledFile],
    digests: Sequence[str],
    *,
    spec: InputSpec,
    cache_dir: Path | None,
) -> PreparedPhotos:
    """Decode and scale the files, or read the result of an earlier run from the cache.

    `digests` are the files' SHA-256, in the same order. The cache is used only if the photos, the
    input and the code that prepares them are the same; with `cache_dir` None there is no cache.
    """
    if cache_dir is None:
        return _prepare(files, spec)
    path = cache_dir / f"photos-{_key(digests, spec)}.npz"
    if path.exists():
        with np.load(path) as cached:
            return PreparedPhotos(pixels=cached["pixels"], quality=cached["quality"])
    prepared = _prepare(files, spec)
    cache_dir.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".partial.npz")
    np.savez(unfinished, pixels=prepared.pixels, quality=prepared.quality)
    unfinished.replace(path)
    return prepared


def _key(digests: Sequence[str], spec: InputSpec) -> str:
    """Return a name that changes with the photos, the input and the code that prepares them."""
    key = hashlib.sha256("\n".join(digests).encode())
    key.update(repr(spec).encode())
    key.update(import_closure(__name__).digest().encode())
    return key.hexdigest()[:16]


def _prepare(files: Sequence[LabelledFile], spec: InputSpec) -> PreparedPhotos:
    pixels = np.zeros((len(files), spec.height, spec.width, 3), dtype=np.uint8)
    quality = np.zeros(len(files), dtype=QUALITY)
    # On standard error: standard output is for results.
    progress = Console(stderr=True)
    for row, file in enumerate(track(files, "Preparing photos", console=progress, transient=True)):
        prepared = wire_image.prepare(file.read())
        if isinstance(prepared, wire_image.Prepared):
            pixels[row] = preprocess.to_pixels(preprocess.decode(prepared.wire_image), spec)
            quality[row] = tuple(asdict(prepared.quality).values())
    return PreparedPhotos(pixels=pixels, quality=quality)
