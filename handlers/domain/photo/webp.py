"""Checks a WebP before its decoder sees it: the canvas, and that the pixels reach the end.

The layout is from RFC 9649.
"""

import io
import struct
from collections.abc import Iterator

from PIL import Image

from handlers.domain.photo.fill import without_fill
from handlers.domain.photo.formats import PhotoTooComplex, PhotoUnreadable, check_size

_CODED = {b"VP8 ", b"VP8L"}  # the chunks with pixels
_FRAME = b"ANMF"  # of an animation: contains chunks behind a header
_FRAME_HEADER = 16  # bytes
_MOST_CHUNKS = 20_000


def check_webp(data: bytes) -> None:
    """Check the canvas, which the decoder allocates (twice) as soon as it opens the file.

    Raises: PhotoTooComplex, PhotoTooLarge, PhotoUnreadable.
    """
    check_size("WEBP", *_size(data[12:16], data[20:30]))
    kind, coded = _first_picture(data)
    without_fill(coded, is_complete=lambda pixels: _is_complete(kind, pixels))


def _size(kind: bytes, head: bytes) -> tuple[int, int]:
    """Return width and height, in pixels, that the head of a chunk's body says."""
    if kind == b"VP8X" and len(head) >= 10:
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8L" and len(head) >= 5:
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(head) >= 10:
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", head[6:10]))
        return width, height
    raise PhotoUnreadable(f"the header ends early, or is of an unknown kind: {kind!r}")


def _first_picture(data: bytes) -> tuple[bytes, bytes]:
    """Return kind and body of the first chunk with pixels."""
    for kind, start, end in _chunks(data, 12):
        if kind in _CODED:
            return kind, data[start:end]
    raise PhotoUnreadable("the file has no pixels")


def _chunks(data: bytes, at: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the chunks' bodies, of frames what is in them."""
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            return
        kind, size = struct.unpack_from("<4sI", data, at)
        if kind == _FRAME:
            at += 8 + _FRAME_HEADER
            continue
        yield kind, at + 8, at + 8 + size
        at += 8 + size + size % 2
    raise PhotoTooComplex(f"more than {_MOST_CHUNKS} chunks")


def _is_complete(kind: bytes, coded: bytes) -> bool:
    """Whether the decoder finds all pixels in the body of a chunk."""
    check_size("WEBP", *_size(kind, coded[:10]))
    chunk = struct.pack("<4sI", kind, len(coded)) + coded + bytes(len(coded) % 2)
    data = b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
            image.load()
    except OSError:
        return False
    return True
