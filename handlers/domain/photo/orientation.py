"""How the camera was held: the only EXIF tag that is used.

The tag is parsed here, because a general EXIF reader copies the claimed value of every tag:
thousands of tags that refer to one large block would need gigabytes.
"""

import struct

from PIL import Image

_TAG = 0x0112
# By TIFF's number of the type. Cameras should write SHORT; phones and editors write all of them.
_INTEGERS = {1: "B", 3: "H", 4: "I", 8: "h", 9: "i"}  # BYTE, SHORT, LONG, SSHORT, SLONG
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_MOST_ENTRIES = 1000
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SWAPS_SIDES = {5, 6, 7, 8}


def read_orientation(exif: bytes) -> int:
    """Return the EXIF orientation, 1 to 8; 1 if the EXIF block is empty or malformed."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return 1
    try:
        return _orientation_of(tiff, order)
    except struct.error:
        return 1


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Return the picture upright; `orientation` is the EXIF value, 1 to 8."""
    if orientation in _UPRIGHT:
        return image.transpose(_UPRIGHT[orientation])
    return image


def upright_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Return width and height after the picture is turned upright."""
    return (height, width) if orientation in _SWAPS_SIDES else (width, height)


def _orientation_of(tiff: bytes, order: str) -> int:
    (directory,) = struct.unpack_from(order + "I", tiff, 4)
    (entries,) = struct.unpack_from(order + "H", tiff, directory)
    for entry in range(min(entries, _MOST_ENTRIES)):
        at = directory + 2 + 12 * entry
        tag, kind, count = struct.unpack_from(order + "HHI", tiff, at)
        if tag == _TAG:
            return _first_value(tiff, at + 8, order, kind, count)
    return 1


def _first_value(tiff: bytes, at: int, order: str, kind: int, count: int) -> int:
    """Return the first value of an entry, or 1 if that is not an orientation.

    Values that have more than four bytes together are elsewhere, and the entry has their offset.
    """
    code = _INTEGERS.get(kind)
    if code is None or count == 0:
        return 1
    if struct.calcsize(order + code) * count > 4:
        (at,) = struct.unpack_from(order + "I", tiff, at)
    (value,) = struct.unpack_from(order + code, tiff, at)
    return int(value) if 1 <= value <= 8 else 1
