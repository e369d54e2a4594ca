"""The picture for reviewers: upright, without metadata, small enough for a slow connection."""

import io
import warnings

from PIL import Image

from handlers.domain.photo.formats import check_size, sniff
from handlers.domain.photo.orientation import read_orientation, turn_upright
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

SIDE = 1280  # pixels of the longest side, at most
QUALITIES = (85, 70, 50, 30)
MOST_BYTES = 2_000_000  # base64 of it is far below Lambda's limit; only pure noise reaches it


def upright_jpeg(data: bytes) -> bytes | Refusal:
    """Decode a photo as Serialize does and return a JPEG, or the refusal. Never raises."""
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
        # Skip detail of a JPEG that this size cannot show.
        image.draft(None, size)
        image.load()
        orientation = read_orientation(exif)
        picture = to_rgb(image, size)
    return turn_upright(picture, orientation)


def _encode(picture: Image.Image) -> bytes:
    for quality in QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, progressive=True)
        if buffer.tell() <= MOST_BYTES:
            break
    return buffer.getvalue()
