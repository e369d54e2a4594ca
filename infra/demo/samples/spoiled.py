"""Ways to spoil a photo, each with the expected refusal or defect."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageFilter

Spoil = Callable[[Image.Image], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiled:
    """One way to spoil a photo: either Serialize refuses it, or a defect sends it to review."""

    suffix: str
    spoil: Spoil
    refusal: str | None = None  # reason
    defect: str | None = None  # of the quality


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _dark(image: Image.Image) -> bytes:
    return _jpeg(image.point([round(level * 0.06) for level in range(256)] * 3))


def _overexposed(image: Image.Image) -> bytes:
    return _jpeg(image.point([min(255, 190 + level * 4) for level in range(256)] * 3))


def _blurred(image: Image.Image) -> bytes:
    # Blurred at an eighth of the size: the same picture for a fraction of the work.
    small = image.resize((image.width // 8, image.height // 8))
    return _jpeg(small.filter(ImageFilter.GaussianBlur(image.width / 130)).resize(image.size))


def _foggy(image: Image.Image) -> bytes:
    return _jpeg(image.point([round(200 + (level - 128) * 0.06) for level in range(256)] * 3))


def _thumbnail(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.resize((28, 20)).save(buffer, "PNG")
    return buffer.getvalue()


def _cut_off(image: Image.Image) -> bytes:
    whole = _jpeg(image)
    return whole[: len(whole) // 3]


def _cut_off_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()[: len(buffer.getvalue()) // 2]


def _text(_image: Image.Image) -> bytes:
    return b"I am not a photo.\n"


def _document(_image: Image.Image) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def _empty(_image: Image.Image) -> bytes:
    return b""


def _too_wide(_image: Image.Image) -> bytes:
    # Black and white stripes compress to a few kilobytes, whatever their size.
    buffer = io.BytesIO()
    stripes = Image.new("1", (30_000, 1_000))
    stripes.paste(1, (0, 0, 30_000, 500))
    stripes.save(buffer, "PNG")
    return buffer.getvalue()


SPOILED = {
    "too-dark": Spoiled(suffix=".jpg", spoil=_dark, defect="dark"),
    "cut-off": Spoiled(suffix=".jpg", spoil=_cut_off, refusal="corrupt"),
    "blurred": Spoiled(suffix=".jpg", spoil=_blurred, defect="blurred"),
    "text": Spoiled(suffix=".jpg", spoil=_text, refusal="not_a_photo"),
    "overexposed": Spoiled(suffix=".jpg", spoil=_overexposed, defect="overexposed"),
    "empty-file": Spoiled(suffix=".jpg", spoil=_empty, refusal="empty"),
    "too-wide": Spoiled(suffix=".png", spoil=_too_wide, refusal="too_large"),
    "thumbnail": Spoiled(suffix=".png", spoil=_thumbnail, defect="tiny"),
    "fog": Spoiled(suffix=".jpg", spoil=_foggy, defect="flat"),
    "document": Spoiled(suffix=".jpg", spoil=_document, refusal="not_a_photo"),
    "cut-off-png": Spoiled(suffix=".png", spoil=_cut_off_png, refusal="corrupt"),
}
