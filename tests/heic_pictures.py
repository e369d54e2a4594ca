"""HEIC files drawn for tests, by the encoder that comes with the decoder."""

import io

import pillow_heif
from PIL import Image

from tests.pictures import a_picture


def a_heic(image: Image.Image | None = None, **options: object) -> bytes:
    """What an iPhone sends; `exif` with an orientation makes the encoder write `irot`, `imir`."""
    buffer = io.BytesIO()
    container = pillow_heif.from_pillow(a_picture() if image is None else image)
    container.save(buffer, **{"quality": 80, "enc_params": {"preset": "ultrafast"}, **options})
    return buffer.getvalue()
