"""Drawings for generated photos: each has the class, sharpness and brightness of its photo."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, ImageFilter, ImageStat

from infra.demo.samples import drawing
from monitoring.rendering.thumbnails import thumbnail_data_uri
from monitoring.report import Thumbnail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from monitoring.report import PhotoFacts

_LANDSCAPE, _PORTRAIT = (640, 480), (480, 640)
_SHARP = 3.1  # sharpness of a clean day; drawings of photos above it are not blurred
_BLUR = 1 / 110  # of the width, for each unit of sharpness that is missing


def drawings(
    truths: Mapping[str, str], photos: Iterable[PhotoFacts], wanted: Iterable[str]
) -> Iterator[Thumbnail]:
    """Yield a drawing for each wanted photo id; `truths` holds the true class by photo id."""
    known = {photo.photo_id: photo for photo in photos}
    for photo_id in wanted:
        picture = thumbnail_data_uri(_encoded(_picture(known[photo_id], truths[photo_id])))
        if picture is not None:
            yield Thumbnail(photo_id=photo_id, data_uri=picture)


def _picture(photo: PhotoFacts, truth: str) -> Image.Image:
    upright = photo.quality["height"] > photo.quality["width"]
    image = drawing(truth, photo.photo_id, _PORTRAIT if upright else _LANDSCAPE)
    missing = max(0.0, _SHARP - photo.quality["sharpness"])
    blurred = image.filter(ImageFilter.GaussianBlur(missing * _BLUR * image.width))
    return _as_bright(blurred, photo.quality["brightness"])


def _as_bright(image: Image.Image, wanted: float) -> Image.Image:
    """Return the image with the photo's brightness, a mean luma of 0..1."""
    factor = wanted * 255 / max(1.0, ImageStat.Stat(image.convert("L")).mean[0])
    return image.point([min(255, round(level * factor)) for level in range(256)] * 3)


def _encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
