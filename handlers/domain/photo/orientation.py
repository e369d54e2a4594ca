"""How the camera was held: the only EXIF tag that is used.

The tag is parsed here, because a general EXIF reader copies the claimed value of every tag:
thousands of tags that refer to one large block would need gigabytes.
"""

import struct

from PIL import Image

_TAG = 0x0112
_SHORT = 3
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


def read_orientation(exif: object) -> int:
    """Return the EXIF orientation, 1 to 8; 1 if the EXIF block is absent or malformed."""
    if not isinstance(exif, bytes):
        return 1
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
        tag, kind, count, value = struct.unpack_from(
            order + "HHIH", tiff, directory + 2 + 12 * entry
        )
        if tag == _TAG:
            valid = kind == _SHORT and count == 1 and 1 <= value <= 8
            return int(value) if valid else 1
    return 1
