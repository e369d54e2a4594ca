"""Whether the coded pixels of a JPEG reach its end, whatever follows them.

A decoder fills what is missing, and does not tell: of a photo that was cut off and has an EOI
marker, zeros or text behind it, the lower part comes out as one flat tone. So the decoder gets
the pixels in a form in which it must tell.
"""

import hashlib
import io
import random
from functools import partial

from PIL import Image

from handlers.domain.photo.fill import without_fill
from handlers.domain.photo.formats import PhotoUnreadable
from handlers.domain.photo.jpeg import EOI, Jpeg

# The decoder reads up to eight bytes ahead, and without a marker waits for more.
# Ones, because no code consists of ones: if pixels are missing, these bytes replace the fewest.
_READ_AHEAD = b"\xff\x00" * 8
# Each scan visits all pixels. A photo of 50 megapixels with the usual ten scans is decoded twice
# more in about a second; above that, an early end of the last scan is not looked for.
_MOST_VISITS = 500_000_000
# Bits that no encoder wrote, against which the zeros that a decoder adds are compared.
_OTHER_BITS = random.Random(7).randbytes(512).replace(b"\xff", b"\x7f")  # noqa: S311 - noise


def complete_picture(jpeg: Jpeg) -> bytes:
    """Return the file to decode, in which nothing follows the pixels.

    A missing EOI marker alone is accepted. Of a file with one scan whose pixels end early, decoding
    the result raises OSError. In arithmetic coding trailing zeros may be left out (T.81, D.1.8), so
    that an early end in front of an EOI marker cannot be recognized.

    Raises: PhotoUnreadable, and what the decoder raises.
    """
    if jpeg.is_arithmetic or (jpeg.scans > 1 and jpeg.scans * jpeg.pixels > _MOST_VISITS):
        return jpeg.head + jpeg.last_scan + (EOI if jpeg.is_terminated else b"")
    scan = without_fill(
        jpeg.last_scan,
        is_complete=partial(_is_complete, jpeg),
        is_terminated=jpeg.is_terminated,
    )
    if jpeg.scans > 1 and not _is_complete(jpeg, scan):
        raise PhotoUnreadable("the pixels of the last scan end early")
    return _file(jpeg, scan)


def _file(jpeg: Jpeg, scan: bytes) -> bytes:
    # With several scans the decoder reads all of them first, up to an EOI marker.
    return jpeg.head + scan + (_READ_AHEAD if jpeg.scans == 1 else EOI)


def _is_complete(jpeg: Jpeg, scan: bytes) -> bool:
    if jpeg.scans > 1:
        # Of a complete scan, the decoder skips what follows: other bits do not change the picture.
        return _pixels(_file(jpeg, scan)) == _pixels(_file(jpeg, scan + _OTHER_BITS))
    try:
        _pixels(_file(jpeg, scan))
    except OSError:
        return False
    return True


def _pixels(data: bytes) -> bytes:
    """Return a digest of the pixels at half the size, which shows every part of the picture."""
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        image.draft(None, (image.width // 2, image.height // 2))
        image.load()
        return hashlib.sha256(image.tobytes()).digest()
