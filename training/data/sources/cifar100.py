"""CIFAR-100 from its official archive: the seed project's data.

The archive holds Python pickles, which can run any code when they are loaded. They are read with
stand-ins for the three names that a picture array needs, and every other name is refused.
"""

import hashlib
import io
import pickle
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data.sources.files import LabelledFile, UnusableData, in_memory
from training.data.splits import SPLITS, Split

SOURCE = "cifar100"
ARCHIVE_NAME = "cifar-100-python.tar.gz"
URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE_NAME}"
MD5 = "eb9058c3a382ffc7106e4002c42a8d85"
_SIDE = 32
_MAX_MEMBER_BYTES = 200_000_000  # the larger of the two has 155 million


def photos(
    archive: Path,
    split: Split,
    *,
    source: str,
    classes: Sequence[str],
    negatives: str | None,
    negatives_limit: int,
) -> Iterator[LabelledFile]:
    """Yield the pictures of fine classes named like `classes`, then a sample of all others.

    The others get the label `negatives`, at most `negatives_limit` of them; None leaves them out.

    Raises: UnusableData.
    """
    try:
        with tarfile.open(archive, "r:gz") as content:
            names = _load(content, "meta")[b"fine_label_names"]
            batch = _load(content, split)
        rows = _rows(batch, [name.decode() for name in names])
    except (OSError, EOFError, tarfile.TarError, pickle.UnpicklingError) as error:
        raise UnusableData(f"{archive} is damaged: {error}; fetch it again") from error
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UnusableData(f"{archive} is not CIFAR-100's archive: {error!r}") from error
    yield from _files([row for row in rows if row.label in classes], source)
    if negatives is not None:
        others = [row for row in rows if row.label not in classes]
        others.sort(key=lambda row: hashlib.sha256(row.name.encode()).digest())
        yield from _files(others[:negatives_limit], source, label=negatives)


def unpack(archive: Path, out: Path, *, classes: Sequence[str], negatives: int) -> dict[str, int]:
    """Write `<out>/cifar100/<train|test>/<class>/*.png`, and return the counts by folder.

    At most `negatives` pictures of other classes are written on each side, under the last class.
    The folder appears only when it is complete.

    Raises: UnusableData.
    """
    unfinished = out / f".{SOURCE}.partial"
    shutil.rmtree(unfinished, ignore_errors=True)
    counts: dict[str, int] = {}
    for side in SPLITS:
        for file in photos(
            archive,
            side,
            source=SOURCE,
            classes=classes,
            negatives=classes[-1] if negatives else None,
            negatives_limit=negatives,
        ):
            folder = unfinished / side / file.label
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file.name).write_bytes(file.read())
            counts[f"{side}/{file.label}"] = counts.get(f"{side}/{file.label}", 0) + 1
    unfinished.replace(out / SOURCE)
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    label: str
    name: str
    pixels: NDArray[np.uint8]


def _rows(batch: dict[bytes, Any], names: Sequence[str]) -> list[_Row]:  # Any: checked by use
    pictures = batch[b"data"].array.reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    return [
        _Row(label=names[label], name=Path(name.decode()).name, pixels=pixels)
        for label, name, pixels in zip(
            batch[b"fine_labels"], batch[b"filenames"], pictures, strict=True
        )
    ]


def _files(rows: Sequence[_Row], source: str, label: str | None = None) -> Iterator[LabelledFile]:
    for row in rows:
        yield LabelledFile(
            source=source, label=label or row.label, name=row.name, read=in_memory(_png(row.pixels))
        )


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode without compression: folds depend on the bytes, which any zlib must make alike."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def _load(content: tarfile.TarFile, name: str) -> dict[bytes, Any]:
    """Load one member by its exact name; nothing is extracted to the disk."""
    member = content.getmember(f"cifar-100-python/{name}")
    file = content.extractfile(member)
    if file is None or member.size > _MAX_MEMBER_BYTES:
        raise ValueError(f"{name} is not a file of the expected size")
    table = _Unpickler(file, encoding="bytes").load()
    if not isinstance(table, dict):
        raise TypeError(f"{name} does not hold a table")
    return table


class _Dtype:
    """Stands in for numpy's dtype; its state is byte order and the like, which one byte lacks."""

    def __init__(self, kind: bytes, *_: object) -> None:
        self.kind = kind

    def __setstate__(self, state: object) -> None:
        """Ignore the state."""


class _Array:
    """Stands in for numpy's array, which would trust the shape and type in the file."""

    def __init__(self, *_: object) -> None:
        self.array: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)

    def __setstate__(self, state: tuple[object, Any, Any, object, bytes]) -> None:
        _, shape, dtype, is_column_major, content = state
        if dtype.kind != b"u1" or is_column_major:
            raise ValueError("pictures are expected as rows of bytes")
        self.array = np.frombuffer(content, dtype=np.uint8).reshape(shape)


class _Unpickler(pickle.Unpickler):
    """Refuses every name but three, and returns stand-ins for those."""

    def find_class(self, module_name: str, global_name: str) -> type[_Array | _Dtype]:
        """Return the stand-in for a name in the file. Raises: UnpicklingError, for other names."""
        admitted: dict[tuple[str, str], type[_Array | _Dtype]] = {
            ("numpy.core.multiarray", "_reconstruct"): _Array,
            ("numpy", "ndarray"): _Array,
            ("numpy", "dtype"): _Dtype,
        }
        if (module_name, global_name) not in admitted:
            raise pickle.UnpicklingError(f"it refers to {module_name}.{global_name}")
        return admitted[module_name, global_name]
