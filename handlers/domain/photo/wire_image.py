"""From any bytes to the wire image: the one home of this step.

Serialize runs it on every upload; training, evaluation and monitoring import it, so that what the
model learns from is what it will see.
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

from PIL import Image

from handlers.domain.photo.formats import (
    MAX_PIXELS,
    MAX_SIDE,
    PhotoTooLarge,
    PhotoUnsupported,
    check_png,
    check_size,
    check_webp,
    sniff,
)
from handlers.domain.photo.heif import open_heif
from handlers.domain.photo.jpeg import take_apart
from handlers.domain.photo.measurement import measure
from handlers.domain.photo.orientation import read_orientation, turned_upright, upright_size
from handlers.domain.photo.quality import Quality

WIRE_SIDE = 224
WIRE_QUALITY = 92
WIRE_MAX_BYTES = 44_000  # base64 of it, beside the rest of the state, stays under 64 KiB
MAX_BYTES = 15_000_000

# Everything that the decoders raised on thousands of malformed files, with what they let through.
DECODING_ERRORS = (
    Image.DecompressionBombError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A photo that can be classified."""

    wire_image: bytes  # JPEG, upright, RGB, longest side at most 224, no metadata
    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Bytes that cannot be classified: a stable code, and a sentence for the driver."""

    reason: str
    message: str


NOT_A_PHOTO = Refusal(
    reason="not_a_photo",
    message="This file is not a photo that we can read. Please send a JPEG, HEIC, PNG or WebP.",
)


def prepare(data: bytes) -> Prepared | Refusal:
    """Turn an upload into its wire image, or say why that cannot be done. Never raises."""
    if not data:
        return Refusal(reason="empty", message="The file is empty. Please take the photo again.")
    if len(data) > MAX_BYTES:
        return too_large_in_bytes(len(data))
    image_format = sniff(data)
    if image_format is None:
        return NOT_A_PHOTO
    try:
        with warnings.catch_warnings():
            # Sizes are checked before any pixel is decoded.
            warnings.simplefilter("ignore")
            return _decode(data, image_format)
    except DECODING_ERRORS as error:
        return refusal_of(error, image_format)


def too_large_in_bytes(size_bytes: int) -> Refusal:
    """The answer to an upload over the limit, also where only its size is known."""
    return Refusal(
        reason="too_large",
        message=(
            f"The file has {size_bytes / 1e6:.1f} MB; the limit is {MAX_BYTES / 1e6:.0f} MB. "
            "Please send a smaller photo."
        ),
    )


def refusal_of(error: Exception, image_format: str) -> Refusal:
    if isinstance(error, (Image.DecompressionBombError, MemoryError, PhotoTooLarge)):
        return _too_many_pixels(image_format)
    if isinstance(error, PhotoUnsupported):
        return NOT_A_PHOTO
    return Refusal(
        reason="corrupt",
        message="The photo is damaged or incomplete. Please take it again.",
    )


def _too_many_pixels(image_format: str) -> Refusal:
    limit = MAX_PIXELS[image_format] // 1_000_000
    return Refusal(
        reason="too_large",
        message=(
            f"The picture has too many pixels: the limit is {limit} megapixels and "
            f"{MAX_SIDE:,} pixels a side. Please send a smaller photo."
        ),
    )


def _decode(data: bytes, image_format: str) -> Prepared:
    image, exif = open_photo(data, image_format)
    with image:
        check_size(image_format, *image.size)
        wire_size = _fit(*image.size)
        original_size = image.size
        # A JPEG decoder can skip detail that the wire image will not hold; keep twice its size.
        image.draft(None, (wire_size[0] * 2, wire_size[1] * 2))
        image.load()
        orientation = read_orientation(image.info.get("exif") if exif is None else exif)
        upright = to_rgb(image, wire_size)
    upright = turned_upright(upright, orientation)
    width, height = upright_size(*original_size, orientation)
    quality = measure(
        upright,
        width=width,
        height=height,
        size_bytes=len(data),
        image_format=image_format,
        orientation=orientation,
    )
    return Prepared(wire_image=_encode(upright), quality=quality)


def open_photo(data: bytes, image_format: str) -> tuple[Image.Image, bytes | None]:
    """The picture, not yet decoded, and its EXIF block where that was taken out of the file."""
    if image_format == "HEIF":
        # Turned by the decoder, by the container's own boxes; its EXIF says the same once more.
        return open_heif(data), b""
    exif = None
    if image_format == "JPEG":
        jpeg = take_apart(data)
        data, exif = jpeg.picture, jpeg.exif or b""
    elif image_format == "PNG":
        check_png(data)
    else:
        check_webp(data)
    return Image.open(io.BytesIO(data), formats=(image_format,)), exif


def _fit(width: int, height: int) -> tuple[int, int]:
    longest = max(width, height)
    if longest <= WIRE_SIDE:
        return width, height
    scale = WIRE_SIDE / longest
    return max(1, round(width * scale)), max(1, round(height * scale))


def to_rgb(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Any mode to RGB at the wire size; what is transparent becomes white."""
    if image.mode.startswith(("I", "F")):
        # 16 bits a sample: Pillow's own conversion clips them to white instead of scaling.
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    elif "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode not in {"L", "LA", "RGB", "RGBA", "CMYK"}:
        image = image.convert("RGB")
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if image.mode in {"LA", "RGBA"}:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _encode(image: Image.Image) -> bytes:
    """JPEG at quality 92; only pictures of pure noise exceed the bound and are stepped down."""
    for quality in (WIRE_QUALITY, 80, 60, 40, 20):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0", optimize=True)
        if buffer.tell() <= WIRE_MAX_BYTES:
            break
    return buffer.getvalue()
