"""From any bytes to the wire image and its quality figures: the only implementation of this step.

Serialize runs it on every upload; training, evaluation and monitoring import it, so that the model
is trained on the images that it gets in service.
"""

import io
import math
import struct
import warnings
import zlib
from dataclasses import dataclass
from itertools import accumulate

from PIL import Image, ImageFile, ImageFilter, ImageStat

from handlers.domain.photo.formats import (
    MAX_PIXELS,
    MAX_SIDE,
    PhotoTooComplex,
    PhotoTooLarge,
    PhotoUnsupported,
    check_size,
    sniff,
)
from handlers.domain.photo.heif import open_heif
from handlers.domain.photo.jpeg import first_picture
from handlers.domain.photo.jpeg_ending import complete_picture
from handlers.domain.photo.orientation import read_orientation, turn_upright, upright_size
from handlers.domain.photo.png import only_picture
from handlers.domain.photo.quality import Quality
from handlers.domain.photo.webp import check_webp

WIRE_SIDE = 224  # pixels of the longest side
WIRE_QUALITY = 92  # of the JPEG
WIRE_MAX_BYTES = 44_000  # so that base64 of it and the rest of the state stay under 64 KiB
MAX_BYTES = 15_000_000  # of an upload

DARK_LEVEL = 16  # luma of 255 below which a pixel counts as dark
CLIPPED_LEVEL = 250  # luma of 255 from which a pixel counts as clipped
_NEAR = 8  # steps of luma that count as the same tone: JPEG spreads one that much
_APART = 12  # steps of luma within which no second tone is looked for
# The Laplacian: the four neighbours minus four times the pixel. The offset of 128 keeps both signs
# within eight bits.
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)

# Every error that the decoders raised on thousands of malformed files.
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
    """A photo that can be classified: its wire image and quality figures."""

    wire_image: bytes  # JPEG, upright, RGB, longest side at most 224, no metadata
    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The reason why bytes cannot be classified: a stable code, and a sentence for the driver."""

    reason: str
    message: str


NOT_A_PHOTO = Refusal(
    reason="not_a_photo",
    message="This file is not a photo that we can read. Please send a JPEG, HEIC, PNG or WebP.",
)

_NAMES = {"JPEG": "JPEG", "HEIF": "HEIC", "PNG": "PNG", "WEBP": "WebP"}


def prepare(data: bytes) -> Prepared | Refusal:
    """Return the wire image of an upload, or why it has none. Never raises."""
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
    """Return the refusal of an upload over the limit, of which only the size needs to be known."""
    return Refusal(
        reason="too_large",
        message=(
            f"The file has {size_bytes / 1e6:.1f} MB; the limit is {MAX_BYTES / 1e6:.0f} MB. "
            "Please send a smaller photo."
        ),
    )


def refusal_of(error: Exception, image_format: str) -> Refusal:
    """Return the refusal for one of `DECODING_ERRORS` of a photo of this format."""
    if isinstance(error, (Image.DecompressionBombError, MemoryError, PhotoTooLarge)):
        return _too_many_pixels(image_format)
    if isinstance(error, PhotoTooComplex):
        return Refusal(
            reason="too_large",
            message=(
                "The file is put together from too many parts. "
                "Please send the photo as the camera saved it."
            ),
        )
    if isinstance(error, PhotoUnsupported):
        return Refusal(
            reason="not_a_photo",
            message=(
                f"This is a kind of {_NAMES[image_format]} that we cannot read. "
                "Please send the photo as an ordinary JPEG."
            ),
        )
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
        # Skip detail of a JPEG that the wire image cannot show: decode at twice its size or more.
        image.draft(None, (wire_size[0] * 2, wire_size[1] * 2))
        image.load()
        orientation = read_orientation(exif)
        upright = to_rgb(image, wire_size)
    upright = turn_upright(upright, orientation)
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


def open_photo(data: bytes, image_format: str) -> tuple[Image.Image, bytes]:
    """Return the picture, not yet decoded, and the EXIF block that says its orientation.

    The decoder gets only what makes the picture. Of a photo whose pixels end early, `load` of the
    picture raises, if this function does not.

    Raises: any of `DECODING_ERRORS`.
    """
    if image_format == "HEIF":
        return open_heif(data)
    if image_format == "WEBP":
        check_webp(data)
        image: Image.Image = Image.open(io.BytesIO(data), formats=("WEBP",))
        exif = image.info.get("exif")
        return image, exif if isinstance(exif, bytes) else b""
    if image_format == "PNG":
        png = only_picture(data)
        return Image.open(io.BytesIO(png.picture), formats=("PNG",)), png.exif
    jpeg = first_picture(data)
    picture = complete_picture(jpeg)
    image = Image.open(io.BytesIO(picture), formats=("JPEG",))
    if isinstance(image, ImageFile.ImageFile):
        # In one piece: the decoder of arithmetic coding cannot wait for more.
        image.decodermaxblock = max(image.decodermaxblock, len(picture))
    return image, jpeg.exif


def _fit(width: int, height: int) -> tuple[int, int]:
    longest = max(width, height)
    if longest <= WIRE_SIDE:
        return width, height
    scale = WIRE_SIDE / longest
    return max(1, round(width * scale)), max(1, round(height * scale))


def to_rgb(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Convert any mode to RGB of this size; transparent pixels become white."""
    if image.mode.startswith(("I", "F")):
        image = _in_eight_bits(image)
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


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Convert grey of 16 bits to L, or to LA if one value counts as transparent."""
    # Pillow's own conversion clips the values to white and does not scale them.
    wide = image.convert("I")
    grey = wide.point(lambda value: value * (1 / 257)).convert("L")
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return grey
    alpha = wide.point([0 if value == transparent else 255 for value in range(1 << 16)], "L")
    return Image.merge("LA", (grey, alpha))


def _encode(image: Image.Image) -> bytes:
    """Encode at quality 92; only pure noise exceeds the limit and is encoded at a lower one."""
    for quality in (WIRE_QUALITY, 80, 60, 40, 20):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0", optimize=True)
        if buffer.tell() <= WIRE_MAX_BYTES:
            break
    return buffer.getvalue()


def measure(  # the figures that only the decoder knows are arguments
    image: Image.Image,
    *,
    width: int,
    height: int,
    size_bytes: int,
    image_format: str,
    orientation: int,
) -> Quality:
    """Measure an upright RGB image at wire size; the arguments describe the original."""
    luma = image.convert("L")
    pixels = luma.width * luma.height
    statistics = ImageStat.Stat(luma)
    histogram = luma.histogram()
    return Quality(
        width=width,
        height=height,
        size_bytes=size_bytes,
        image_format=image_format,
        orientation=orientation,
        brightness=round(statistics.mean[0] / 255, 4),
        contrast=round(statistics.stddev[0] / 255, 4),
        sharpness=round(math.log10(1 + _laplacian_variance(luma)), 4),
        dark_share=round(sum(histogram[:DARK_LEVEL]) / pixels, 4),
        clipped_share=round(sum(histogram[CLIPPED_LEVEL:]) / pixels, 4),
        two_tone_share=round(_two_tones(histogram) / pixels, 4),
    )


def _two_tones(histogram: list[int]) -> int:
    """Return the number of pixels near one of the two most frequent tones."""
    first, near_first = _most_frequent(histogram)
    rest = [count if abs(level - first) > _APART else 0 for level, count in enumerate(histogram)]
    return near_first + _most_frequent(rest)[1]


def _most_frequent(histogram: list[int]) -> tuple[int, int]:
    """Return the tone that most pixels are near, and the number of these pixels."""
    sums = [0, *accumulate(histogram)]
    near = [
        sums[min(level + _NEAR + 1, len(histogram))] - sums[max(level - _NEAR, 0)]
        for level in range(len(histogram))
    ]
    level = max(range(len(near)), key=near.__getitem__)
    return level, near[level]


def _laplacian_variance(luma: Image.Image) -> float:
    if min(luma.size) < 3:
        return 0.0
    # Pillow copies the outermost pixels unfiltered, so they are left out.
    inner = luma.filter(_LAPLACIAN).crop((1, 1, luma.width - 1, luma.height - 1))
    return float(ImageStat.Stat(inner).var[0])
