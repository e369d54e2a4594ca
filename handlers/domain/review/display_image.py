"""The picture that a reviewer sees: upright, without metadata, small enough for any connection."""

import io
import warnings

from PIL import Image

from handlers.domain.photo.formats import check_size, sniff
from handlers.domain.photo.orientation import read_orientation, turned_upright
from handlers.domain.photo.wire_image import (
    DECODING_ERRORS,
    MAX_BYTES,
    NOT_A_PHOTO,
    Refusal,
    open_photo,
    refusal_of,
    to_rgb,
    too_large_in_bytes,
)

SIDE = 1280
QUALITIES = (85, 70, 50, 30)
MOST_BYTES = 2_000_000  # in base64 well below what Lambda answers; only noise gets there


def upright_jpeg(data: bytes) -> bytes | Refusal:
    """Serialize's own way of reading a photo, at another size. Never raises."""
    if len(data) > MAX_BYTES:
        return too_large_in_bytes(len(data))
    image_format = sniff(data)
    if image_format is None:
        return NOT_A_PHOTO
    try:
        with warnings.catch_warnings():
            # Sizes are checked before any pixel is decoded.
            warnings.simplefilter("ignore")
            return _encode(_decode(data, image_format))
    except DECODING_ERRORS as error:
        return refusal_of(error, image_format)


def _decode(data: bytes, image_format: str) -> Image.Image:
    image, exif = open_photo(data, image_format)
    with image:
        check_size(image_format, *image.size)
        scale = min(1.0, SIDE / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        # A JPEG decoder can skip the detail that is not shown.
        image.draft(None, size)
        image.load()
        orientation = read_orientation(image.info.get("exif") if exif is None else exif)
        picture = to_rgb(image, size)
    return turned_upright(picture, orientation)


def _encode(picture: Image.Image) -> bytes:
    for quality in QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, progressive=True)
        if buffer.tell() <= MOST_BYTES:
            break
    return buffer.getvalue()
