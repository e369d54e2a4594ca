"""From wire image to tensor: the one home of this step.

The server runs it on every request; training and evaluation import it, so that a pixel means the
same to all three. Before the wire image the one home is `handlers/domain/photo/wire_image.py`.
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

# Everything that Pillow raised on 13,000 malformed files, with what its decoders let through.
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
    """The model's input for one image: a batch of one. Raises: RefusedImage."""
    return normalise(to_pixels(decode(data), spec)[np.newaxis], spec)


def decode(data: bytes) -> Image.Image:
    """RGB pixels of a small JPEG or PNG; size is judged before any pixel is decoded.

    EXIF orientation is not applied: a wire image is upright and carries none.

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
    """The whole picture at the model's input size (height, width, RGB).

    The aspect ratio is given up rather than the picture's edges: a vehicle may stand there.
    """
    resized = image.resize((spec.width, spec.height), Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.uint8)


def normalise(pixels: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """A batch (N, height, width, RGB) as the float tensor (N, RGB, height, width)."""
    scaled = (pixels.astype(np.float32) - np.float32(spec.mean)) / np.float32(spec.scale)
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def _to_rgb(image: Image.Image) -> Image.Image:
    """Eight-bit pictures as RGB, what is transparent on white; refuses what would need a guess."""
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
