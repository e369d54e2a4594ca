"""Files that claim more than they hold, and files that are valid in two formats."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping

from PIL import Image

from tests.heic_pictures import a_heic
from tests.pictures import (
    a_box,
    a_jpeg,
    a_picture,
    a_png_header,
    encoded,
    jpeg_segment,
    with_segments,
)

File = tuple[str, bytes]
_MANY = 14_000_000  # bytes: just under the limit of an upload
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIDES = ((1, 1), (1, 12_000), (12_000, 1), (1, 12_001), (12_001, 1), (2, 2), (3, 3), (12_000, 2))
_CLAIMS = (
    (0, 0),
    (0, 9),
    (1, 65_535),
    (65_535, 1),
    (16_383, 16_383),
    (12_000, 12_000),
    (7000, 7200),
)


def odd_sides() -> Iterator[File]:
    """Pictures of one row, one column, and the longest sides."""
    for size in _SIDES:
        picture = Image.new("RGB", size, (200, 40, 40))
        for image_format in ("JPEG", "PNG", "WEBP"):
            yield f"{size} {image_format}", encoded(picture, image_format)
    for size in ((64, 64), (64, 8000), (8000, 64), (65, 67)):
        yield f"{size} HEIC", a_heic(Image.new("RGB", size, (200, 40, 40)))


def header_sizes(valid: Mapping[str, bytes]) -> Iterator[File]:
    """Valid files whose header claims another size."""
    jpeg, webp = valid["baseline.jpg"], valid["lossy.webp"]
    heic = valid["plain.heic"]
    frame = jpeg.index(b"\xff\xc0") + 5
    for width, height in _CLAIMS:
        claim = f"claims {width} x {height}"
        sides = struct.pack(">HH", height, width)
        yield f"jpeg {claim}", jpeg[:frame] + sides + jpeg[frame + 4 :]
        yield f"png {claim}", a_png_header(width, height)
        yield f"webp {claim}", webp[:26] + struct.pack("<HH", width, height) + webp[30:]
        old = struct.pack(">II", 160, 120)
        yield f"heic {claim}", heic.replace(old, struct.pack(">II", width, height))
    for side in (0x7FFFFFFF, 0xFFFFFFFF):
        yield f"png claims {side}", a_png_header(side, side)
        yield f"heic claims {side}", heic.replace(old, struct.pack(">II", side, side))


def polyglots(name: str, data: bytes) -> Iterator[File]:
    """A picture and a file of another format in one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("evil.txt", "x" * 1000)
    others = {
        "zip": buffer.getvalue(),
        "pdf": b"%PDF-1.7\n1 0 obj<</Length 4>>stream\nabcd\nendstream endobj\n%%EOF",
        "html": b"<!doctype html><script>alert(1)</script>",
        "mp4": a_box(b"ftyp", b"isom" + bytes(8)) + a_box(b"mdat", bytes(500)),
    }
    for kind, other in others.items():
        yield f"{name} before {kind}", data + other
        yield f"{name} after {kind}", other + data


def disguised() -> Iterator[File]:
    """Other formats than those accepted, under names of photos."""
    for image_format in (
        "GIF",
        "TIFF",
        "BMP",
        "ICO",
        "PPM",
        "TGA",
        "PCX",
        "DDS",
        "PDF",
        "EPS",
        "SGI",
    ):
        yield f"{image_format} named photo.jpg", encoded(a_picture((64, 64)), image_format)
    for claimed in (b"avif", b"avis"):
        yield f"{claimed!r}", a_heic(Image.new("RGB", (64, 64))).replace(b"heic", claimed)
    texts = {
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
        "text": b"photo" * 100,
        "elf": b"\x7fELF" + bytes(200),
        "gzip": b"\x1f\x8b" + bytes(100),
        "nothing": b"",
        "one byte": b"\xff",
        "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(64),
        "riff": b"RIFF\x10\0\0\0WAVEfmt " + bytes(40),
        "zeros": bytes(_MANY),
    }
    yield from texts.items()
    for start in (
        b"\xff\xd8\xff",
        _SIGNATURE,
        b"RIFF\xff\xff\xff\xffWEBPVP8X",
        a_box(b"ftyp", b"heic"),
    ):
        yield f"{start!r} and zeros", start + bytes(_MANY)
        yield f"{start!r} and ff", start + b"\xff" * _MANY
        yield f"{start!r} alone", start


def flat_pictures() -> Iterator[File]:
    """One colour, just under the limit and just over it."""
    limits = {"JPEG": (7071, 7072), "PNG": (5000, 5001), "WEBP": (5000, 5001)}
    for image_format, sides in limits.items():
        for side in sides:
            picture = Image.new("RGB", (side, side), (90, 120, 60))
            yield f"flat {image_format} {side}", encoded(picture, image_format)
    for mode in ("RGBA", "I;16", "1"):
        yield f"flat PNG {mode}", encoded(Image.new(mode, (5000, 5000)), "PNG")
    largest = (7071, 7071)
    for mode in ("L", "CMYK"):
        flat = Image.new(mode, largest)
        yield f"flat progressive {mode}", encoded(flat, "JPEG", progressive=True)
    flat = Image.new("RGB", largest)
    yield "flat progressive 4:4:4", encoded(flat, "JPEG", progressive=True, subsampling=0)
    yield "flat WEBP RGBA lossless", encoded(Image.new("RGBA", (5000, 5000)), "WEBP", lossless=True)
    yield "flat HEIC 7071", a_heic(flat)
    yield "flat HEIC 7072", a_heic(Image.new("RGB", (7072, 7072)))
    yield "flat HEIC RGBA", a_heic(Image.new("RGBA", largest))


def png_bombs() -> Iterator[File]:
    """Texts, profiles and pixels that grow a thousandfold, and far too many chunks."""
    zeros = zlib.compress(bytes(100_000_000), 9)
    plain = encoded(a_picture((64, 64)), "PNG")
    head, rest = plain[:33], plain[33:]
    for kind, body in {
        b"zTXt": b"a\0\0" + zeros,
        b"iTXt": b"a\0\1\0\0\0" + zeros,
        b"iCCP": b"a\0\0" + zeros,
        b"eXIf": bytes(1_000_000),
    }.items():
        yield f"png {kind!r} bomb", head + _chunk(kind, body) + rest
        yield f"png {kind!r} bombs", head + _chunk(kind, body) * 40 + rest
    small = _chunk(b"tEXt", b"a\0b")
    yield "png of small chunks", head + small * (_MANY // len(small)) + rest
    yield "png of empty pixels", head + _chunk(b"IDAT", b"") * (_MANY // 12) + rest
    huge = struct.pack(">IIBBBBB", 5000, 5000, 16, 6, 0, 0, 1)
    pixels = zlib.compress(bytes(5000 * 8 * 5000 + 20_000), 9)
    yield (
        "png of 16 bits, interlaced",
        _SIGNATURE + _chunk(b"IHDR", huge) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b""),
    )


def jpeg_bombs() -> Iterator[File]:
    """More scans, segments and markers than any picture has."""
    plain = a_jpeg((64, 64))
    flat = encoded(Image.new("L", (7071, 7071), 99), "JPEG", progressive=True)
    last = flat[[match.start() for match in re.finditer(rb"\xff\xda", flat)][-1] : -2]
    for scans in (10, 26, 100, 100_000):
        yield f"jpeg of {scans} scans", (flat[:-2] + last * scans)[:_MANY] + b"\xff\xd9"
    tags = b"".join(struct.pack("<HHII", 1000 + n, 7, 60_000, 8) for n in range(5000))
    exif = jpeg_segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 5000) + tags)
    yield "jpeg exif bomb", with_segments(plain, *[exif] * 200)
    pictures = jpeg_segment(0xE2, b"MPF\0II*\0\x08\0\0\0" + struct.pack("<H", 5000) + tags)
    yield "jpeg mpf bomb", with_segments(plain, pictures)
    yield "jpeg of comments", with_segments(plain, jpeg_segment(0xFE, b"") * (_MANY // 4))
    yield "jpeg of profiles", with_segments(plain, jpeg_segment(0xE2, bytes(60_000)) * 230)
    yield "jpeg of tables", with_segments(plain, jpeg_segment(0xDB, bytes(65)) * (_MANY // 69))
    yield "jpeg of restarts", plain[:-2] + b"\xff\xd0" * (_MANY // 2)
    yield "jpeg of fill bytes", plain[:2] + b"\xff" * _MANY + plain[2:]
    yield "jpeg of fill bytes in its pixels", plain[:-2] + b"\xff" * _MANY
    yield "jpeg of starts", plain[:2] * (_MANY // 2)


def heic_bombs() -> Iterator[File]:
    """Boxes that are too many, missing or of a wrong size; other codecs than HEVC."""
    plain = a_heic(a_picture((64, 64)))
    start = a_box(b"ftyp", b"heic" + bytes(4) + b"mif1")
    yield "heic of empty boxes", start + a_box(b"free", b"") * (_MANY // 8)
    yield (
        "heic of empty properties",
        start + a_box(b"meta", bytes(4) + a_box(b"free", b"") * 1_000_000),
    )
    nested = b""
    for _ in range(5000):
        nested = a_box(b"meta", bytes(4) + nested)
    yield "heic of nested boxes", start + nested
    size = struct.unpack(">I", plain[:4])[0]
    for claim in (0, 1, 7, 0x7FFFFFFF, 0xFFFFFFFF):
        body = struct.pack(">I", claim) + plain[size + 4 :]
        yield f"heic with a box of {claim}", plain[:size] + body
    for kind in (b"meta", b"iloc", b"iinf", b"infe", b"pitm", b"iprp", b"ipco", b"ipma", b"ispe"):
        yield f"heic without {kind!r}", plain.replace(kind, b"free")
    for kind in (b"hvcC", b"iloc", b"ipma", b"iinf"):
        at = plain.index(kind) + 8
        for junk in (b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"):
            yield f"heic {kind!r} counts {junk!r}", plain[:at] + junk + plain[at + 4 :]
    for kind in (b"mski", b"unci", b"av01", b"jpeg", b"j2k1", b"iovl", b"grid", b"iden", b"vvc1"):
        yield f"heic of {kind!r}", plain.replace(b"hvc1", kind)


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + checksum
