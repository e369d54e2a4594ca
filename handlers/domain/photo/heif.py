"""Opens HEIC, after a check of its items for what the decoder would do.

The decoder is used as a class and not registered with Pillow, so no other code path opens HEIC.
"""

import io
import struct
from typing import TYPE_CHECKING

from handlers.domain.photo.fill import fill_length
from handlers.domain.photo.formats import (
    MAX_PIXELS,
    PhotoTooLarge,
    PhotoUnreadable,
    PhotoUnsupported,
    check_size,
)
from handlers.domain.photo.heif_items import HeifItems, read_items

if TYPE_CHECKING:
    from PIL import Image

_CODED = b"hvc1"
_DERIVED = frozenset({b"grid", b"iden"})  # of tiles, of a turned copy
_ALPHA = (
    b"urn:mpeg:hevc:2015:auxid:1\0",
    b"urn:mpeg:avc:2015:auxid:1\0",
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
)
# Tiles extend beyond the picture's edge: at most this multiple of its pixels may be decoded.
_OVERHANG = 2
_ENDING = 64  # bytes of coded pixels, which never end in a row of zeros (H.265, 7.4.2)
_MOST_ZEROS = 16


def open_heif(data: bytes) -> tuple["Image.Image", bytes]:
    """Return the primary picture, not yet decoded, and the EXIF block that says its orientation.

    libheif applies `irot` and `imir`. Where the picture has one of them, the block is empty: EXIF
    would turn it a second time.

    Raises: PhotoTooComplex, PhotoTooLarge, PhotoUnreadable, PhotoUnsupported, and what the decoder
    raises.
    """
    try:
        items = read_items(data)
        _check(items)
    except (struct.error, IndexError) as error:
        raise PhotoUnreadable("a box is truncated") from error
    import pillow_heif  # noqa: PLC0415 - its libraries are loaded for the first HEIC, not at every start

    pillow_heif.options.THUMBNAILS = False
    pillow_heif.options.DEPTH_IMAGES = False
    pillow_heif.options.AUX_IMAGES = False
    pillow_heif.options.DECODE_THREADS = 1  # the function has one processor
    image = pillow_heif.HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]  # untyped library
    return image, _exif_of(items)


def _check(items: HeifItems) -> None:
    """Check the items that are decoded; of the others, thumbnails may be in any coding."""
    decoded = _decoded(items)
    if any(items.kinds.get(item) not in _DERIVED | {_CODED} for item in decoded):
        raise PhotoUnsupported("the picture is not coded in HEVC")
    sizes = {item: _size(items, item) for item in decoded}
    for size in sizes.values():
        if size:
            check_size("HEIF", *size)
    if not sizes[items.primary]:
        raise PhotoUnreadable("the primary picture has no size")
    _check_tiles(items, sizes)
    for item in decoded:
        if items.kinds[item] == _CODED:
            _check_ending(items.ending(item, _ENDING))


def _decoded(items: HeifItems) -> set[int]:
    """Return the primary item, what it is derived from, and their transparency."""
    decoded: set[int] = set()
    pending = {items.primary}
    sources: dict[int, set[int]] = {}  # by item: the items that decoding it needs
    for reference in items.references:
        if reference.kind == b"dimg":
            sources.setdefault(reference.source, set()).update(reference.targets)
        elif reference.kind == b"auxl" and _is_alpha(items, reference.source):
            for target in reference.targets:
                sources.setdefault(target, set()).add(reference.source)
    while pending:
        item = pending.pop()
        decoded.add(item)
        pending |= sources.get(item, set()) - decoded
    return decoded


def _is_alpha(items: HeifItems, item: int) -> bool:
    return any(
        kind == b"auxC" and body[4:].startswith(_ALPHA)
        for kind, body in items.properties.get(item, [])
    )


def _size(items: HeifItems, item: int) -> tuple[int, int] | None:
    """Return width and height in pixels, or None if the item does not say them."""
    for kind, body in items.properties.get(item, []):
        if kind == b"ispe":
            width, height = struct.unpack_from(">II", body, 4)
            return width, height
    return None


def _check_tiles(items: HeifItems, sizes: dict[int, tuple[int, int] | None]) -> None:
    """Limit the pixels to decode: a grid may refer to one large tile thousands of times."""
    for reference in items.references:
        if reference.kind != b"dimg" or reference.source not in sizes:
            continue
        pixels = 0
        for tile in reference.targets:
            width, height = sizes[tile] or (0, 0)
            pixels += width * height
        if pixels > _OVERHANG * MAX_PIXELS["HEIF"]:
            raise PhotoTooLarge("the tiles have too many pixels")


def _check_ending(ending: bytes) -> None:
    zeros = len(ending) - len(ending.rstrip(b"\0"))
    if zeros >= _MOST_ZEROS or fill_length(ending):
        raise PhotoUnreadable("the pixels end early, and something else follows them")


def _exif_of(items: HeifItems) -> bytes:
    """Return the EXIF block of the primary picture, from its TIFF header on."""
    kinds = {kind for kind, _ in items.properties.get(items.primary, [])}
    if kinds & {b"irot", b"imir"}:
        return b""
    for reference in items.references:
        described = reference.kind == b"cdsc" and items.primary in reference.targets
        if described and items.kinds.get(reference.source) == b"Exif":
            block = items.read(reference.source)
            # Four bytes say how far behind them the TIFF header begins (ISO/IEC 23008-12, A.2.1).
            return block[4 + int.from_bytes(block[:4], "big") :]
    return b""
