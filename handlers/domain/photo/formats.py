"""The format of a file by its first bytes, and the picture's size by its header.

Nothing here decodes, so the limits are checked before a decoder allocates memory.
"""

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


class PhotoUnreadable(ValueError):
    """The structure of the file is broken."""


class PhotoTooLarge(ValueError):
    """The picture has more pixels than is allowed."""


class PhotoTooComplex(ValueError):
    """The picture is put together from more parts than a camera or an editor writes."""


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


def _is_heif(data: bytes) -> bool:
    """Whether the major brand, or a compatible brand beside a maker's own one, is HEIF."""
    size = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, size, 4))]
    if brands[0] in _AVIF_BRANDS or _AVIF_BRANDS & set(brands[1:]):
        return False
    return any(brand in _HEIF_BRANDS for brand in brands)
