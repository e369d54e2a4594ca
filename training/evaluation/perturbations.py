"""Perturbations of test photos, as phones and drivers cause them.

Few collections hold enough dark, blurred, small or turned photos to give figures for them.
"""

import io
from collections.abc import Callable, Mapping

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from handlers.domain.photo import wire_image

_QUALITY = 90
_ORIENTATION = 0x0112
_TURNED_LEFT = 6  # written by a phone that was held upright
Alteration = Callable[[Image.Image], Image.Image]

ALTERATIONS: Mapping[str, Alteration] = {
    "as it is": lambda image: image,
    "dark (a quarter of the light)": lambda image: ImageEnhance.Brightness(image).enhance(0.25),
    "blurred (1.5 % of the longer side)": lambda image: image.filter(
        ImageFilter.GaussianBlur(0.015 * max(image.size))
    ),
    "small (32 pixels)": lambda image: _fitted(image, 32),
    "turned by 15 degrees": lambda image: _leaning(image, 15),
    "lying on its side": lambda image: image.transpose(Image.Transpose.ROTATE_90),
}
TURNED_WITH_EXIF = "on its side, with EXIF orientation"


def altered(content: bytes) -> dict[str, bytes]:
    """Return JPEGs of one photo by the alteration's name; empty if it cannot be read."""
    prepared = wire_image.prepare(content)
    if not isinstance(prepared, wire_image.Prepared):
        return {}
    with Image.open(io.BytesIO(prepared.wire_image)) as opened:
        image = opened.convert("RGB")
    copies = {name: _jpeg(change(image)) for name, change in ALTERATIONS.items()}
    exif = Image.Exif()
    exif[_ORIENTATION] = _TURNED_LEFT
    copies[TURNED_WITH_EXIF] = _jpeg(image.transpose(Image.Transpose.ROTATE_90), exif=exif)
    return copies


def _leaning(image: Image.Image, degrees: float) -> Image.Image:
    """Rotate; mirror images fill the corners, as black ones do not occur in photos."""
    width, height = image.size
    tiled = Image.new("RGB", (3 * width, 3 * height))
    for column in range(3):
        for row in range(3):
            tile = ImageOps.mirror(image) if column != 1 else image
            tiled.paste(ImageOps.flip(tile) if row != 1 else tile, (column * width, row * height))
    turned = tiled.rotate(degrees, Image.Resampling.BILINEAR)
    return turned.crop((width, height, 2 * width, 2 * height))


def _fitted(image: Image.Image, side: int) -> Image.Image:
    small = image.copy()
    small.thumbnail((side, side))
    return small


def _jpeg(image: Image.Image, exif: Image.Exif | None = None) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY, exif=exif or Image.Exif())
    return buffer.getvalue()
