"""Photos as small pictures inside a page."""

import base64
import io

from PIL import Image

from monitoring.rendering.thumbnails import DATA_URI_PREFIX, thumbnail_data_uri
from tests.pictures import a_jpeg


def pixels(data_uri: str | None) -> Image.Image:
    assert data_uri is not None
    assert data_uri.startswith(DATA_URI_PREFIX)
    content = base64.b64decode(data_uri.removeprefix(DATA_URI_PREFIX))
    return Image.open(io.BytesIO(content))


def test_a_large_photo_becomes_a_small_picture_without_metadata() -> None:
    picture = pixels(thumbnail_data_uri(a_jpeg((3000, 2000))))
    assert max(picture.size) == 160
    assert not picture.getexif()


def test_bytes_that_are_not_a_photo_have_no_thumbnail() -> None:
    assert thumbnail_data_uri(b"not a photo") is None
