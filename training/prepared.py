"""Photos at the model's input size, with their quality figures, kept between runs."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from handlers.domain import photo
from handlers.domain.quality import Quality
from handlers.import_closure import import_closure
from training.serving import preprocess
from training.serving.manifest import InputSpec
from training.sources.files import LabelledFile

_KINDS = {int: "i8", float: "f8", str: "U8"}
QUALITY = np.dtype([(field.name, _KINDS[field.type]) for field in fields(Quality)])  # type: ignore[index]  # types, as `quality.py` does not postpone them


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One row a file."""

    pixels: NDArray[np.uint8]
    quality: NDArray[np.void]

    @property
    def readable(self) -> NDArray[np.bool_]:
        """False where Serialize would refuse the file; its row is empty."""
        return np.asarray(self.quality["width"] > 0)


def prepare_all(
    files: Sequence[LabelledFile],
    digests: Sequence[str],
    *,
    spec: InputSpec,
    cache_dir: Path | None,
) -> Prepared:
    """From the cache where these very photos went through this very code before."""
    if cache_dir is None:
        return _prepare(files, spec)
    path = cache_dir / f"photos-{_key(digests, spec)}.npz"
    if path.exists():
        with np.load(path) as kept:
            return Prepared(pixels=kept["pixels"], quality=kept["quality"])
    made = _prepare(files, spec)
    cache_dir.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".partial.npz")
    np.savez(unfinished, pixels=made.pixels, quality=made.quality)
    unfinished.replace(path)
    return made


def _key(digests: Sequence[str], spec: InputSpec) -> str:
    """Changes with the photos, the input, and the code that prepares them."""
    key = hashlib.sha256("\n".join(digests).encode())
    key.update(repr(spec).encode())
    key.update(import_closure(__name__).digest().encode())
    return key.hexdigest()[:16]


def _prepare(files: Sequence[LabelledFile], spec: InputSpec) -> Prepared:
    pixels = np.zeros((len(files), spec.height, spec.width, 3), dtype=np.uint8)
    quality = np.zeros(len(files), dtype=QUALITY)
    # On standard error: standard output is for results.
    progress = Console(stderr=True)
    for row, file in enumerate(track(files, "Preparing photos", console=progress, transient=True)):
        prepared = photo.prepare(file.read())
        if isinstance(prepared, photo.Prepared):
            pixels[row] = preprocess.to_pixels(preprocess.decode(prepared.wire_image), spec)
            quality[row] = tuple(asdict(prepared.quality).values())
    return Prepared(pixels=pixels, quality=quality)
