"""Pictures that are drawn for tests, so that these need no photos of people."""

import io
import random
import struct
import zlib

from PIL import Image, ImageDraw

EXIF_ORIENTATION = 0x0112


def a_picture(size: tuple[int, int] = (640, 480), mode: str = "RGB") -> Image.Image:
    """Return a picture with a red corner, a blue corner, and enough detail to count as sharp."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    chance = random.Random(7)  # noqa: S311 - a drawing, not a secret
    for _ in range(120):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        shade = tuple(chance.randrange(256) for _ in range(3))
        draw.rectangle((x, y, x + size[0] // 12, y + size[1] // 12), fill=shade)
    draw.rectangle((0, 0, size[0] // 3, size[1] // 3), fill="red")
    draw.rectangle((size[0] * 2 // 3, size[1] * 2 // 3, size[0], size[1]), fill="blue")
    return image.convert(mode)


def encoded(image: Image.Image, image_format: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def a_jpeg(size: tuple[int, int] = (640, 480), **options: object) -> bytes:
    return encoded(a_picture(size), "JPEG", **options)


def turned(orientation: int, size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a JPEG whose EXIF orientation (1 to 8) makes it look like `a_picture`."""
    inverse = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    image = a_picture(size)
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    return encoded(image if inverse is None else image.transpose(inverse), "JPEG", exif=exif)


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """Return a JPEG with more segments after the start-of-image marker."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def a_box(kind: bytes, body: bytes) -> bytes:
    """Return a box of the ISO base media format, which MP4 and HEIF use; `kind` is 4 bytes."""
    return struct.pack(">I4s", len(body) + 8, kind) + body


def a_png_header(width: int, height: int) -> bytes:
    """Return a PNG that declares a size but has almost no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
