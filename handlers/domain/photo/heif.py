"""Opens HEIC, after a check of its boxes for the work that the decoder would have.

The decoder is used as a class and not registered with Pillow, so no other code path opens HEIC.
"""

import io
import struct
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from handlers.domain.photo.formats import (
    MAX_PIXELS,
    PhotoTooLarge,
    PhotoUnreadable,
    PhotoUnsupported,
    check_size,
)

if TYPE_CHECKING:
    from PIL import Image

# Item types that phones write: HEVC pictures, grids of tiles, turned copies, metadata, tone maps.
_PRIMARY = frozenset({b"hvc1", b"grid", b"iden"})
_ALLOWED = _PRIMARY | {b"tmap", b"Exif", b"mime", b"uri "}
# Tiles extend beyond the picture's edge: at most this multiple of its pixels may be decoded.
_OVERHANG = 2
_MOST_BOXES = 20_000
_FULL_BOX = 4  # bytes of version and flags


def open_heif(data: bytes) -> "Image.Image":
    """Return the primary picture, not yet decoded; libheif applies `irot` and `imir`.

    Raises: PhotoTooLarge, PhotoUnreadable, PhotoUnsupported, and what the decoder raises.
    """
    try:
        _check(data)
    except (struct.error, IndexError) as error:
        raise PhotoUnreadable("a box is truncated") from error
    import pillow_heif  # noqa: PLC0415 - its libraries are loaded for the first HEIC, not at every start

    pillow_heif.options.THUMBNAILS = False
    pillow_heif.options.DEPTH_IMAGES = False
    pillow_heif.options.AUX_IMAGES = False
    pillow_heif.options.DECODE_THREADS = 1  # the function has one processor
    return pillow_heif.HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]  # untyped library


def _check(data: bytes) -> None:
    meta = _child(_boxes(data), b"meta")[_FULL_BOX:]
    parts = list(_boxes(meta))
    kinds = _item_kinds(_child(parts, b"iinf"))
    pitm = _child(parts, b"pitm")
    primary = struct.unpack_from(">H" if pitm[0] == 0 else ">I", pitm, _FULL_BOX)[0]
    if kinds.get(primary) not in _PRIMARY or set(kinds.values()) - _ALLOWED:
        raise PhotoUnsupported("an item has another type than HEVC")
    properties = list(_boxes(_child(parts, b"iprp")))
    sizes = _sizes(properties)
    for width, height in sizes.values():
        check_size("HEIF", width, height)
    if primary not in sizes:
        raise PhotoUnreadable("the primary picture has no size")
    _check_tiles(parts, sizes)


def _check_tiles(parts: list[tuple[bytes, bytes]], sizes: dict[int, tuple[int, int]]) -> None:
    """Limit the pixels to decode: a grid may refer to one large tile thousands of times."""
    work: Counter[int] = Counter()
    for kind, references in parts:
        if kind != b"iref":
            continue
        wide = ">I" if references[0] else ">H"
        step = struct.calcsize(wide)
        for reference, body in _boxes(references[_FULL_BOX:]):
            if reference != b"dimg":
                continue
            (whole,) = struct.unpack_from(wide, body)
            (count,) = struct.unpack_from(">H", body, step)
            for index in range(count):
                (tile,) = struct.unpack_from(wide, body, step + 2 + step * index)
                width, height = sizes.get(tile, (0, 0))
                work[whole] += width * height
    if any(pixels > _OVERHANG * MAX_PIXELS["HEIF"] for pixels in work.values()):
        raise PhotoTooLarge("the tiles have too many pixels")


def _item_kinds(iinf: bytes) -> dict[int, bytes]:
    kinds = {}
    for kind, body in _boxes(iinf[_FULL_BOX + (2 if iinf[0] == 0 else 4) :]):
        if kind == b"infe":
            wide = ">H" if body[0] < 3 else ">I"
            (item,) = struct.unpack_from(wide, body, _FULL_BOX)
            at = _FULL_BOX + struct.calcsize(wide) + 2
            kinds[item] = body[at : at + 4]
    return kinds


def _sizes(properties: list[tuple[bytes, bytes]]) -> dict[int, tuple[int, int]]:
    """Return width and height, in pixels, of every item that has them."""
    all_properties = list(_boxes(_child(properties, b"ipco")))
    sizes = {}
    for kind, ipma in properties:
        if kind != b"ipma":
            continue
        at = _FULL_BOX + 4
        for _ in range(struct.unpack_from(">I", ipma, _FULL_BOX)[0]):
            wide = ">H" if ipma[0] == 0 else ">I"
            (item,) = struct.unpack_from(wide, ipma, at)
            at += struct.calcsize(wide)
            step = 2 if ipma[3] & 1 else 1
            count, at = ipma[at], at + 1
            for index in range(at, at + count * step, step):
                # The highest bit says whether the property is essential.
                number = int.from_bytes(ipma[index : index + step], "big") & (
                    (1 << 8 * step - 1) - 1
                )
                if 1 <= number <= len(all_properties) and all_properties[number - 1][0] == b"ispe":
                    sizes[item] = struct.unpack_from(
                        ">II", all_properties[number - 1][1], _FULL_BOX
                    )
            at += count * step
    return sizes


def _child(boxes: Iterator[tuple[bytes, bytes]] | list[tuple[bytes, bytes]], kind: bytes) -> bytes:
    for box_kind, body in boxes:
        if box_kind == kind:
            return body
    raise PhotoUnreadable(f"the {kind.decode()} box is missing")


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and body of consecutive boxes."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            raise PhotoUnreadable(f"a box has an invalid size: {size} bytes")
        yield kind, data[at + head : at + size]
        at += size
    raise PhotoUnreadable(f"more than {_MOST_BOXES} boxes")
