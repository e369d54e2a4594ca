"""A small archive in the format of CIFAR-100's: pickles as Python 2 wrote them."""

import io
import pickle
import struct
import tarfile
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

NAMES = ("apple", "bicycle", "motorcycle", "tulip")


def an_archive(train: int = 6, test: int = 2, *, names: Sequence[str] = NAMES) -> bytes:
    """Return an archive with some pictures of each fine class on each side."""
    members = {"meta": pickled({"fine_label_names": list(names), "coarse_label_names": ["all"]})}
    for side, count in (("train", train), ("test", test)):
        labels = [label for label in range(len(names)) for _ in range(count)]
        pixels = np.zeros((len(labels), 3, 32, 32), dtype=np.uint8)
        for row, label in enumerate(labels):
            pixels[row, 0] = 10 + row  # red tells the pictures apart
            pixels[row, 1] = 40 * label + (100 if side == "test" else 0)
        members[side] = pickled(
            {
                "filenames": [
                    f"{names[label]}_s_{row:06d}.png" for row, label in enumerate(labels)
                ],
                "fine_labels": labels,
                "coarse_labels": [0] * len(labels),
                "data": pixels.reshape(len(labels), -1),
            }
        )
    return packed(members)


def packed(members: Mapping[str, bytes]) -> bytes:
    """Return a compressed tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"cifar-100-python/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def pickled(value: object) -> bytes:
    """Return protocol 2 with byte strings, which Python 3's pickle reads but does not write."""
    return pickle.PROTO + b"\x02" + _opcodes(value) + pickle.STOP


def _opcodes(value: object) -> bytes:
    if isinstance(value, Mapping):
        items = b"".join(_opcodes(key) + _opcodes(entry) for key, entry in value.items())
        return pickle.EMPTY_DICT + pickle.MARK + items + pickle.SETITEMS
    if isinstance(value, str):
        return _bytes(value.encode())
    if isinstance(value, int):
        return pickle.BININT + struct.pack("<i", value)
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, list):
        return pickle.EMPTY_LIST + pickle.MARK + b"".join(map(_opcodes, value)) + pickle.APPENDS
    raise TypeError(f"the archive holds no {type(value).__name__}")


def _bytes(content: bytes) -> bytes:
    return pickle.BINSTRING + struct.pack("<i", len(content)) + content


def _array(value: NDArray[np.uint8]) -> bytes:
    dtype = b"cnumpy\ndtype\n" + _tuple(_bytes(b"u1"), _opcodes(0), _opcodes(1)) + pickle.REDUCE
    nothing = pickle.NONE
    dtype += _tuple(_opcodes(3), _bytes(b"|"), nothing, nothing, nothing) + pickle.BUILD
    empty = _tuple(b"cnumpy\nndarray\n", _tuple(_opcodes(0)), _bytes(b"b"))
    state = _tuple(
        *(_opcodes(1), _tuple(*map(_opcodes, value.shape))),
        *(dtype, pickle.NEWFALSE, _bytes(value.tobytes())),
    )
    reconstructed = b"cnumpy.core.multiarray\n_reconstruct\n" + empty + pickle.REDUCE
    return reconstructed + state + pickle.BUILD


def _tuple(*entries: bytes) -> bytes:
    return pickle.MARK + b"".join(entries) + pickle.TUPLE
