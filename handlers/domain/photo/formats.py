"""The format of a file by its first bytes, and the picture's size by its header.

Nothing here decodes, so the limits are checked before a decoder allocates memory.
"""

import struct

MAX_SIDE = 12_000  # pixels

# By format. Decoding needs memory for every pixel; JPEG is decoded at reduced scale, HEIC without a
# second copy, so both may be larger.
MAX_PIXELS = {
    "JPEG": 50_000_000,
    "HEIF": 50_000_000,
    "PNG": 25_000_000,
    "WEBP": 25_000_000,
}

# Still pictures coded in HEVC; AVIF (avif, avis) needs another decoder, which is not packaged.
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})

_MOST_CHUNKS = 20_000  # of a PNG: reading one takes microseconds, and 15 MB can hold a million


class PhotoUnreadable(ValueError):
    """The structure of the file is broken."""


class PhotoTooLarge(ValueError):
    """The file has more pixels, or needs more work to decode, than is allowed."""


class PhotoUnsupported(ValueError):
    """A picture in a coding that is not supported."""


def sniff(data: bytes) -> str | None:
    """Return the format by content, a key of `MAX_PIXELS`, or None; file names may be wrong."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and _is_heif(data):
        return "HEIF"
    return None


def check_size(image_format: str, width: int, height: int) -> None:
    """Check width and height in pixels against the limits of the format.

    Raises: PhotoTooLarge.
    """
    if width * height > MAX_PIXELS[image_format] or max(width, height) > MAX_SIDE:
        raise PhotoTooLarge(f"{width} × {height} pixels")


def check_png(data: bytes) -> None:
    """Check that a PNG has few chunks; its size is checked after it is opened.

    Raises: PhotoTooLarge.
    """
    at = 8
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data) or data[at + 4 : at + 8] == b"IEND":
            return
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    raise PhotoTooLarge(f"more than {_MOST_CHUNKS} chunks")


def check_webp(data: bytes) -> None:
    """Check the canvas, which the decoder allocates (twice) as soon as it opens the file.

    Raises: PhotoTooLarge, PhotoUnreadable.
    """
    head = data[12:30]
    if len(head) < 18:
        raise PhotoUnreadable("the header ends early")
    kind = head[:4]
    if kind == b"VP8X":
        width = int.from_bytes(head[12:15], "little") + 1
        height = int.from_bytes(head[15:18], "little") + 1
    elif kind == b"VP8L":
        bits = int.from_bytes(head[9:13], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", head[14:18]))
    else:
        raise PhotoUnreadable(f"unknown kind of WebP: {kind!r}")
    check_size("WEBP", width, height)


def _is_heif(data: bytes) -> bool:
    """Whether the major brand, or a compatible brand beside a maker's own one, is HEIF."""
    size = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, size, 4))]
    if brands[0] in _AVIF_BRANDS or _AVIF_BRANDS & set(brands[1:]):
        return False
    return any(brand in _HEIF_BRANDS for brand in brands)
