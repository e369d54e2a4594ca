"""A photo in a report: small, upright, without metadata, inside the file itself."""

import base64
import io

from PIL import Image

from handlers.domain.photo import wire_image
from training.data.sources.files import LabelledFile
from training.report.page import Html

_SIDE = 160


def thumbnail(file: LabelledFile) -> Html:
    """Made from the wire image, whatever the photo was; words where there is no picture."""
    prepared = wire_image.prepare(file.read())
    if not isinstance(prepared, wire_image.Prepared):
        return Html('<span class="soft">no picture</span>')
    with Image.open(io.BytesIO(prepared.wire_image)) as image:
        image.thumbnail((_SIDE, _SIDE))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=75)
    content = base64.b64encode(buffer.getvalue()).decode()
    return Html(f'<img alt="" src="data:image/jpeg;base64,{content}">')
