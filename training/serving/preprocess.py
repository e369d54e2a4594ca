"""From wire image to tensor. This is the only implementation of the step.

The server runs it on every request; training and evaluation import it, so that all three use the
same pixels. The step before, to the wire image, is `handlers/domain/photo/wire_image.py`.
"""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.serving.errors import RefusedImage
from training.serving.manifest import InputSpec

FORMATS = ("JPEG", "PNG")
MAX_SIDE = 1024  # pixels; a wire image has 224, so anything near this did not come from Serialize

# Everything that Pillow and its decoders raised on 13,000 malformed files.
_DECODING_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def preprocess(data: bytes, spec: InputSpec) -> NDArray[np.float32]:
    """Return the model's input (1, RGB, height, width) for one image. Raises: RefusedImage."""
    return normalise(to_pixels(decode(data), spec)[np.newaxis], spec)


def decode(data: bytes) -> Image.Image:
    """Decode a small JPEG or PNG to RGB; its size is checked before any pixel is decoded.

    EXIF orientation is not applied: a wire image is upright and has no EXIF.

    Raises: RefusedImage.
    """
    if not data:
        raise RefusedImage("empty", "The request has no body; send a JPEG or PNG.", status=400)
    if not data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        raise RefusedImage("unsupported_format", "Send a JPEG or PNG image.", status=415)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if max(image.size) > MAX_SIDE:
                raise _too_many_pixels()
            image.load()
            return _to_rgb(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except _DECODING_ERRORS as error:
        raise RefusedImage("corrupt", "The image is damaged or incomplete.", status=400) from error


def to_pixels(image: Image.Image, spec: InputSpec) -> NDArray[np.uint8]:
    """Scale the whole picture to the model's input size (height, width, RGB), 0..255.

    The aspect ratio is not kept, as cropping could cut off a vehicle at the edge.
    """
    resized = image.resize((spec.width, spec.height), Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.uint8)


def normalise(pixels: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """Scale a batch (N, height, width, RGB) to the float tensor (N, RGB, height, width)."""
    scaled = (pixels.astype(np.float32) - np.float32(spec.mean)) / np.float32(spec.scale)
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert 8-bit pictures to RGB, transparent ones on white. Raises: RefusedImage."""
    if image.mode in {"L", "RGB"} and "transparency" not in image.info:
        return image.convert("RGB")
    if image.mode in {"L", "RGB", "LA", "RGBA", "P", "PA"}:
        opaque = image.convert("RGBA")
        white = Image.new("RGBA", opaque.size, "white")
        return Image.alpha_composite(white, opaque).convert("RGB")
    raise RefusedImage(
        "unsupported_mode", f"Send 8-bit grey or RGB pixels, not {image.mode}.", status=415
    )


def _too_many_pixels() -> RefusedImage:
    message = f"The image is larger than {MAX_SIDE} pixels a side; send the wire image."
    return RefusedImage("too_many_pixels", message, status=413)
