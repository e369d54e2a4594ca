"""A photo as a small upright JPEG without metadata, inside the page itself."""

import base64
import io

from PIL import Image

from handlers.domain.photo.wire_image import Prepared, prepare

DATA_URI_PREFIX = "data:image/jpeg;base64,"
_LONGEST_SIDE_PX = 160
_JPEG_QUALITY = 70


def thumbnail_data_uri(data: bytes) -> str | None:
    """Return a photo's bytes as a data URI; None where they are not an accepted image.

    The thumbnail is made from the wire image, so that it shows what the model receives.
    """
    prepared = prepare(data)
    if not isinstance(prepared, Prepared):
        return None
    content = base64.b64encode(_scaled_down(prepared.wire_image)).decode()
    return f"{DATA_URI_PREFIX}{content}"


def _scaled_down(wire_image: bytes) -> bytes:
    with Image.open(io.BytesIO(wire_image), formats=("JPEG",)) as image:
        image.thumbnail((_LONGEST_SIDE_PX, _LONGEST_SIDE_PX))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=_JPEG_QUALITY)
        return buffer.getvalue()
