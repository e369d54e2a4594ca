"""HEIC files for tests, written by the encoder of the decoder's library."""

import io

import pillow_heif
from PIL import Image

from tests.pictures import a_picture


def a_heic(image: Image.Image | None = None, **options: object) -> bytes:
    """Return a HEIC file as an iPhone sends it.

    With `exif` that has an orientation, the encoder writes `irot` and `imir`.
    """
    buffer = io.BytesIO()
    container = pillow_heif.from_pillow(a_picture() if image is None else image)
    container.save(buffer, **{"quality": 80, "enc_params": {"preset": "ultrafast"}, **options})
    return buffer.getvalue()
