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

from handlers.domain.measurement import measure
from handlers.domain.quality import Quality

WIRE_SIDE = 224
WIRE_QUALITY = 92
WIRE_MAX_BYTES = 44_000  # base64 of it, beside the rest of the state, stays under 64 KiB
MAX_BYTES = 15_000_000
MAX_SIDE = 12_000

# Decoding costs memory by the pixel; JPEG is decoded at reduced scale and may be larger.
MAX_PIXELS = {"JPEG": 50_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}

# Everything that Pillow raised on 13,000 malformed files, with what its decoders let through.
DECODING_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TURNS_BY_A_QUARTER = {5, 6, 7, 8}


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


def prepare(data: bytes) -> Prepared | Refusal:
    """Turn an upload into its wire image, or say why that cannot be done. Never raises."""
    if not data:
        return Refusal(reason="empty", message="The file is empty. Please take the photo again.")
    if len(data) > MAX_BYTES:
        return too_large_in_bytes(len(data))
    image_format = sniff(data)
    if image_format is None:
        return Refusal(
            reason="not_a_photo",
            message="This file is not a photo that we can read. Please send a JPEG, PNG or WebP.",
        )
    try:
        with warnings.catch_warnings():
            # Sizes are checked below, before any pixel is decoded.
            warnings.simplefilter("ignore")
            return _decode(data, image_format)
    except (Image.DecompressionBombError, MemoryError):
        return _too_many_pixels(image_format)
    except DECODING_ERRORS:
        return Refusal(
            reason="corrupt",
            message="The photo is damaged or incomplete. Please take it again.",
        )


def sniff(data: bytes) -> str | None:
    """The format by content; names and content types are claims."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return None


def too_large_in_bytes(size_bytes: int) -> Refusal:
    """The answer to an upload over the limit, also where only its size is known."""
    return Refusal(
        reason="too_large",
        message=(
            f"The file has {size_bytes / 1e6:.1f} MB; the limit is {MAX_BYTES / 1e6:.0f} MB. "
            "Please send a smaller photo."
        ),
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


def _decode(data: bytes, image_format: str) -> Prepared | Refusal:
    with Image.open(io.BytesIO(data), formats=(image_format,)) as image:
        width, height = image.size
        if width * height > MAX_PIXELS[image_format] or max(width, height) > MAX_SIDE:
            return _too_many_pixels(image_format)
        wire_size = _fit(width, height)
        # A JPEG decoder can skip detail that the wire image will not hold; keep twice its size.
        image.draft(None, (wire_size[0] * 2, wire_size[1] * 2))
        image.load()
        orientation = _orientation(image)
        upright = _to_rgb(image, wire_size)
    if orientation in _UPRIGHT:
        upright = upright.transpose(_UPRIGHT[orientation])
    if orientation in _TURNS_BY_A_QUARTER:
        width, height = height, width
    quality = measure(
        upright,
        width=width,
        height=height,
        size_bytes=len(data),
        image_format=image_format,
        orientation=orientation,
    )
    return Prepared(wire_image=_encode(upright), quality=quality)


def _fit(width: int, height: int) -> tuple[int, int]:
    longest = max(width, height)
    if longest <= WIRE_SIDE:
        return width, height
    scale = WIRE_SIDE / longest
    return max(1, round(width * scale)), max(1, round(height * scale))


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 where there is none or where the EXIF block is broken."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except DECODING_ERRORS:
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _to_rgb(image: Image.Image, size: tuple[int, int]) -> Image.Image:
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
