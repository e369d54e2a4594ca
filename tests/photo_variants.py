"""Every kind of photo file that docs/photo-formats.md names, as inputs that are made in code."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image

from handlers.domain.photo.jpeg import MAX_SCANS
from tests.arithmetic_pictures import PROGRESSIVE, SEQUENTIAL
from tests.heic_pictures import a_heic
from tests.pictures import (
    EXIF_ORIENTATION,
    a_box,
    a_picture,
    a_png_header,
    encoded,
    jpeg_segment,
    turned,
    with_segments,
)

SIZE = (96, 64)
INTEGERS = {"B": 1, "H": 3, "I": 4, "h": 8, "i": 9}  # struct's code: TIFF's type
TRANSPARENT = "transparent"  # the picture is one transparent colour, which becomes white
_TEXT = b"No photo here, but a page of an error. "


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One row of the table."""

    image_format: str
    name: str
    inputs: Callable[[], Iterator[bytes]]
    result: str  # read, turned, TRANSPARENT, or the reason of the refusal
    why: str = ""
    is_exact: bool = True  # the pixels are those of `a_picture`


def tiff(order: str, code: str, *values: int, tag: int = EXIF_ORIENTATION) -> bytes:
    """Return an EXIF block (from the TIFF header on) with one entry; `order`: < or >."""
    body = struct.pack(f"{order}{len(values)}{code}", *values)
    head = b"II*\0" if order == "<" else b"MM\0*"
    place = body.ljust(4, b"\0") if len(body) <= 4 else struct.pack(order + "I", 26)
    entry = struct.pack(order + "HHI", tag, INTEGERS[code], len(values)) + place
    directory = struct.pack(order + "IH", 8, 1) + entry + bytes(4)
    return head + directory + (body if len(body) > 4 else b"")


def chunk(kind: bytes, body: bytes, checksum: int | None = None) -> bytes:
    checksum = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def a_png(depth: int, colour_type: int, row: bytes, *chunks: bytes) -> bytes:
    """Return a PNG of `SIZE` whose rows are all the same; `chunks` come before the pixels."""
    header = struct.pack(">IIBBBBB", *SIZE, depth, colour_type, 0, 0, 0)
    pixels = zlib.compress((b"\0" + row) * SIZE[1])
    parts = (chunk(b"IHDR", header), *chunks, chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _noisy() -> Image.Image:
    size = (400, 300)
    return Image.blend(a_picture(size), Image.effect_noise(size, 40).convert("RGB"), 0.3)


def _jpeg(**options: object) -> bytes:
    return encoded(a_picture(SIZE), "JPEG", quality=95, **options)


def _png(**options: object) -> bytes:
    return encoded(a_picture(SIZE), "PNG", **options)


def _with_exif(block: bytes) -> bytes:
    stored = a_picture(SIZE).transpose(Image.Transpose.ROTATE_90)
    jpeg = encoded(stored, "JPEG", quality=95)
    return with_segments(jpeg, jpeg_segment(0xE1, b"Exif\0\0" + block))


def _behind_header(png: bytes, *chunks: bytes) -> bytes:
    return png[:33] + b"".join(chunks) + png[33:]


def _filled_up(data: bytes, *ends: bytes) -> Iterator[bytes]:
    """Yield the file cut off at several places, alone and with something behind it."""
    for share in (0.3, 0.6, 0.9):
        cut = data[: int(len(data) * share)]
        missing = len(data) - len(cut)
        for end in (b"", bytes(missing), (_TEXT * missing)[:missing], *ends):
            yield cut + end


def _an_orientation(image_orientation: int) -> bytes:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = image_orientation
    return exif.tobytes()


def _stored(orientation: int) -> Image.Image:
    with Image.open(io.BytesIO(turned(orientation, SIZE))) as image:
        image.load()
        return Image.frombytes(image.mode, image.size, image.tobytes())


def _heic_with_exif_alone() -> bytes:
    """Return a HEIC that stores the picture on its side and says so in EXIF alone."""
    upright = a_heic(a_picture(SIZE).transpose(Image.Transpose.ROTATE_90), exif=_an_orientation(1))
    return upright.replace(_an_orientation(1)[6:], _an_orientation(6)[6:])


def _other_items() -> Iterator[bytes]:
    """The EXIF item under other kinds: an item that the picture does not need."""
    plain = a_heic(a_picture(SIZE), exif=_an_orientation(1))
    for kind in (b"jpeg", b"iovl", b"unci", b"mski", b"av01", b"j2k1", b"text", b"vvc1"):
        yield plain.replace(b"\0\0Exif\0", b"\0\0" + kind + b"\0", 1)


def _scans(count: int) -> bytes:
    data = encoded(a_picture(SIZE, "L"), "JPEG", progressive=True)
    means = data.index(b"\xff\xda\0\x08\x01\x01\0\0\0\x10")
    behind = data.index(b"\xff\xda", means + 2)
    return data[:behind] + data[means:behind] * count + data[behind:]


def _transparent_pngs() -> Iterator[bytes]:
    width = SIZE[0]
    for depth, value in ((1, 1), (2, 2), (4, 9), (8, 77), (16, 0x1234)):
        packed = sum(value << depth * place for place in range(8 // depth)) if depth < 8 else value
        row = packed.to_bytes(2 if depth == 16 else 1, "big") * (width * min(depth, 8) // 8)
        yield a_png(depth, 0, row, chunk(b"tRNS", struct.pack(">H", value)))
    colour = struct.pack(">3H", 10, 20, 30)
    yield a_png(8, 2, bytes((10, 20, 30)) * width, chunk(b"tRNS", colour))
    deep = struct.pack(">3H", 0x0A01, 0x1402, 0x1E03)
    yield a_png(16, 2, deep * width, chunk(b"tRNS", deep))
    for depth in (1, 2, 4, 8):
        row = bytes(width * depth // 8)
        yield a_png(depth, 3, row, chunk(b"PLTE", bytes(6)), chunk(b"tRNS", b"\0\xff"))
    yield a_png(8, 4, b"\0\0" * width)
    yield a_png(8, 6, bytes(4) * width)
    yield a_png(16, 4, bytes(4) * width)
    yield a_png(16, 6, bytes(8) * width)


def _damaged_chunks() -> Iterator[bytes]:
    """Chunks that the pixels do not need, each damaged or of another form."""
    large = zlib.compress(bytes(1 << 21))
    for kind, body in (
        (b"zTXt", b"Comment\0\0" + large),
        (b"iTXt", b"Comment\0\1\0\0\0" + large),
        (b"iCCP", b"profile\0\0" + large),
        (b"iCCP", b"profile\0\1junk"),
        (b"zTXt", b"Comment\0\1junk"),
        (b"pHYs", b"\0"),
        (b"gAMA", b""),
        (b"sRGB", b""),
        (b"cHRM", b"\0"),
        (b"tRNS", b"\0"),
        (b"acTL", b"\0"),
        (b"fcTL", b"\0"),
        (b"iDOT", bytes(28)),
        (b"quIt", b"unknown"),
    ):
        yield _behind_header(_png(), chunk(kind, body))
    for kind, body in ((b"pHYs", bytes(9)), (b"tEXt", b"a\0b"), (b"cHRM", bytes(32))):
        yield _behind_header(_png(), chunk(kind, body, checksum=0))


def _png_ends() -> Iterator[bytes]:
    png = _png()
    yield png[:-12]
    yield png[:-1]
    yield png[:-12] + bytes(1000)
    yield png + _TEXT
    yield png[:-4] + bytes(4)


def _lossless_webp_of_one_colour() -> bytes:
    """Return a WebP of 28 bytes: black, shorter than the header of other kinds (RFC 9649, 3.8)."""
    sides = ((SIZE[0] - 1, 14), (SIZE[1] - 1, 14))
    no_alpha_version_transform_cache_groups = (0, 7)
    one_symbol = (0b0001, 4)  # a simple code of one symbol of one bit, 0
    fields = ((0x2F, 8), *sides, no_alpha_version_transform_cache_groups, *[one_symbol] * 5)
    bits, at = 0, 0
    for value, width in fields:
        bits, at = bits | value << at, at + width
    chunk_of_pixels = b"VP8L" + struct.pack("<I", 8) + bits.to_bytes(8, "little")
    data = b"RIFF" + struct.pack("<I", 4 + len(chunk_of_pixels)) + b"WEBP" + chunk_of_pixels
    assert len(data) == 28
    return data


def _webp_with(**options: object) -> bytes:
    return encoded(a_picture(SIZE), "WEBP", **options)


def _without_meta() -> bytes:
    return a_box(b"ftyp", b"msf1" + bytes(4) + b"hevc") + a_box(b"moov", bytes(64))


VARIANTS = (
    Variant(
        image_format="JPEG",
        name="baseline, progressive, optimized, with restart markers, without chroma subsampling",
        inputs=lambda: iter(
            (
                _jpeg(),
                _jpeg(progressive=True),
                _jpeg(optimize=True),
                _jpeg(restart_marker_rows=1),
                _jpeg(subsampling=0),
            )
        ),
        result="read",
    ),
    Variant(
        image_format="JPEG",
        name="grey and CMYK",
        inputs=lambda: (encoded(a_picture(SIZE, mode), "JPEG") for mode in ("L", "CMYK")),
        result="read",
        is_exact=False,
    ),
    Variant(
        image_format="JPEG",
        name="arithmetic coding",
        inputs=lambda: iter((SEQUENTIAL, PROGRESSIVE)),
        result="read",
        is_exact=False,
        why="an early end in front of an EOI marker cannot be recognized: trailing zeros may be "
        "left out (ITU-T T.81, D.1.8)",
    ),
    Variant(
        image_format="JPEG",
        name="EXIF orientation 2 to 8",
        inputs=lambda: (turned(orientation, SIZE) for orientation in range(2, 9)),
        result="turned",
    ),
    Variant(
        image_format="JPEG",
        name="EXIF orientation as BYTE, SHORT, LONG, SSHORT or SLONG, in both byte orders; the "
        "first of several values",
        inputs=lambda: (
            _with_exif(tiff(order, code, *values))
            for order in "<>"
            for code in INTEGERS
            for values in ((6,), (6, 3), (6, 1, 2, 3, 4))
        ),
        result="turned",
        why="phones write LONG (nomacs issue 1646)",
    ),
    Variant(
        image_format="JPEG",
        name="orientation in XMP alone, or outside 1 to 8",
        inputs=lambda: iter(
            (
                with_segments(
                    _jpeg(),
                    jpeg_segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'),
                ),
                with_segments(_jpeg(), jpeg_segment(0xE1, b"Exif\0\0" + tiff("<", "H", 9))),
            )
        ),
        result="read",
        why="not turned, as in browsers",
    ),
    Variant(
        image_format="JPEG",
        name="several pictures (MPO), film behind the picture (motion photo), comments, profiles",
        inputs=lambda: iter(
            (
                encoded(
                    a_picture(SIZE),
                    "MPO",
                    quality=95,
                    save_all=True,
                    append_images=[Image.new("RGB", SIZE)],
                ),
                _jpeg() + a_box(b"ftyp", b"mp42" + bytes(4)) + a_box(b"mdat", bytes(5000)),
                with_segments(_jpeg(), jpeg_segment(0xFE, b"x"), jpeg_segment(0xE2, bytes(400))),
            )
        ),
        result="read",
        why="the first picture counts",
    ),
    Variant(
        image_format="JPEG",
        name="complete pixels without an EOI marker, whatever follows them",
        inputs=lambda: (
            _jpeg(progressive=progressive)[:-2] + end
            for progressive in (False, True)
            for end in (b"", bytes(500), _TEXT * 9, b"\xff\xe3zz", b"\xff\xc5\0", _jpeg())
        ),
        result="read",
        why="as in browsers",
    ),
    Variant(
        image_format="JPEG",
        name="pixels that end early: cut off, or filled up with EOI, zeros, FF or text",
        inputs=lambda: (
            data
            for options in ({}, {"progressive": True}, {"optimize": True})
            for data in _filled_up(
                encoded(_noisy(), "JPEG", quality=88, **options),
                b"\xff\xd9",
                b"\xff" * 900,
                bytes(900) + b"\xff\xd9",
            )
        ),
        result="corrupt",
        why="half a vehicle can be taken for another one; an early end of the last of several "
        "scans is not looked for where scans times pixels exceed 500 million",
    ),
    Variant(
        image_format="JPEG",
        name="lossless and hierarchical; height behind the pixels (DNL)",
        inputs=lambda: iter(
            (
                *(
                    _jpeg().replace(b"\xff\xc0", bytes((0xFF, frame)), 1)
                    for frame in (0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF)
                ),
                _jpeg().replace(struct.pack(">HH", SIZE[1], SIZE[0]), struct.pack(">HH", 0, 96)),
            )
        ),
        result="not_a_photo",
        why="the decoder cannot read them; the sentence says so",
    ),
    Variant(
        image_format="JPEG",
        name=f"more than {MAX_SCANS} scans",
        inputs=lambda: iter((_scans(MAX_SCANS),)),
        result="too_large",
        why="each scan visits all pixels; the sentence says: too many parts",
    ),
    Variant(
        image_format="PNG",
        name="RGB, grey, palette, black and white, 16 bits, with transparency",
        inputs=lambda: (
            encoded(a_picture(SIZE).convert(mode), "PNG")
            for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")
        ),
        result="read",
        is_exact=False,
    ),
    Variant(
        image_format="PNG",
        name="a transparent colour (tRNS) or an alpha channel, in every mode and depth",
        inputs=_transparent_pngs,
        result=TRANSPARENT,
    ),
    Variant(
        image_format="PNG",
        name="text, profiles and other chunks that are large, damaged or unknown",
        inputs=_damaged_chunks,
        result="read",
        why="the decoder gets IHDR, PLTE, tRNS and IDAT alone (Pillow issues 5978 and 8363)",
    ),
    Variant(
        image_format="PNG",
        name="without IEND, with half of it, or with something behind it",
        inputs=_png_ends,
        result="read",
    ),
    Variant(
        image_format="PNG",
        name="orientation in eXIf",
        inputs=lambda: iter(
            (
                encoded(
                    a_picture(SIZE).transpose(Image.Transpose.ROTATE_90),
                    "PNG",
                    exif=_an_orientation(6),
                ),
            )
        ),
        result="turned",
    ),
    Variant(
        image_format="PNG",
        name="animation",
        inputs=lambda: iter((_png(save_all=True, append_images=[Image.new("RGB", SIZE)]),)),
        result="read",
        why="its default picture",
    ),
    Variant(
        image_format="PNG",
        name="pixels that end early: cut off, or filled up with zeros or text; a damaged header",
        inputs=lambda: iter(
            (
                *_filled_up(encoded(_noisy(), "PNG"), bytes(400_000)),
                a_png_header(64, 64),
                _png()[:29] + bytes(4) + _png()[33:],
            )
        ),
        result="corrupt",
    ),
    Variant(
        image_format="PNG",
        name="Xcode's form (CgBI)",
        inputs=lambda: iter(
            (_png()[:8] + chunk(b"CgBI", b"P\0 \6") + _png()[8:],),
        ),
        result="not_a_photo",
        why="only iPhones read it",
    ),
    Variant(
        image_format="PNG",
        name="more than 20,000 chunks",
        inputs=lambda: iter((_behind_header(_png(), chunk(b"tEXt", b"a\0b") * 20_001),)),
        result="too_large",
        why="the sentence says: too many parts",
    ),
    Variant(
        image_format="WebP",
        name="lossy, lossless, animated (the first frame)",
        inputs=lambda: iter(
            (
                _webp_with(quality=95),
                _webp_with(lossless=True),
                _webp_with(quality=95, save_all=True, append_images=[Image.new("RGB", SIZE)]),
            )
        ),
        result="read",
    ),
    Variant(
        image_format="WebP",
        name="with transparency",
        inputs=lambda: (
            encoded(Image.new("RGBA", SIZE), "WEBP", lossless=lossless, exact=True)
            for lossless in (False, True)
        ),
        result=TRANSPARENT,
    ),
    Variant(
        image_format="WebP",
        name="one colour in 28 bytes",
        inputs=lambda: iter((_lossless_webp_of_one_colour(),)),
        result="read",
        is_exact=False,
    ),
    Variant(
        image_format="WebP",
        name="orientation in EXIF",
        inputs=lambda: iter(
            (
                encoded(
                    a_picture(SIZE).transpose(Image.Transpose.ROTATE_90),
                    "WEBP",
                    quality=95,
                    exif=_an_orientation(6),
                ),
            )
        ),
        result="turned",
    ),
    Variant(
        image_format="WebP",
        name="pixels that end early: cut off, or filled up with zeros or text",
        inputs=lambda: (
            data
            for lossless in (False, True)
            for data in _filled_up(encoded(_noisy(), "WEBP", lossless=lossless))
        ),
        result="corrupt",
    ),
    Variant(
        image_format="HEIC",
        name="one picture, tiles",
        inputs=lambda: iter(
            (a_heic(a_picture(SIZE), quality=95), a_heic(a_picture(SIZE), quality=95, tile_size=64))
        ),
        result="read",
    ),
    Variant(
        image_format="HEIC",
        name="with transparency",
        inputs=lambda: iter((a_heic(Image.new("RGBA", SIZE)),)),
        result=TRANSPARENT,
    ),
    Variant(
        image_format="HEIC",
        name="turned by the container (irot, imir), with EXIF beside it",
        inputs=lambda: (
            a_heic(_stored(orientation), quality=95, exif=_an_orientation(orientation))
            for orientation in range(2, 9)
        ),
        result="turned",
        why="once: EXIF repeats the turn",
    ),
    Variant(
        image_format="HEIC",
        name="turned by EXIF alone",
        inputs=lambda: iter((_heic_with_exif_alone(),)),
        result="turned",
        why="Samsung, Fujifilm and Windows write it (immich issue 31617); against it speaks one "
        "file with a stale turn (libheif issue 680)",
    ),
    Variant(
        image_format="HEIC",
        name="items of other kinds beside the picture: thumbnails, overlays, gain maps, text",
        inputs=_other_items,
        result="read",
        why="items that are not decoded need not be HEVC (libheif issue 1406)",
    ),
    Variant(
        image_format="HEIC",
        name="picture in another coding than HEVC; overlays; picture sequences without a still one",
        inputs=lambda: iter(
            (
                *(
                    a_heic(a_picture(SIZE)).replace(b"hvc1", kind)
                    for kind in (b"av01", b"unci", b"jpeg", b"iovl", b"j2k1")
                ),
                _without_meta(),
            )
        ),
        result="not_a_photo",
        why="other decoders have most of the advisories; the sentence says that this kind cannot "
        "be read",
    ),
    Variant(
        image_format="HEIC",
        name="pixels that end early: cut off, or filled up with zeros or text",
        inputs=lambda: (
            data
            for options in ({}, {"tile_size": 128})
            for data in _filled_up(a_heic(_noisy(), **options))
        ),
        result="corrupt",
    ),
    Variant(
        image_format="others",
        name="GIF, BMP, TIFF, AVIF, films, documents",
        inputs=lambda: iter(
            (
                *(encoded(a_picture(SIZE), name) for name in ("GIF", "BMP", "TIFF", "PDF")),
                a_box(b"ftyp", b"avif" + bytes(4) + b"mif1") + a_box(b"mdat", bytes(64)),
                a_box(b"ftyp", b"isom" + bytes(4) + b"mp42") + a_box(b"mdat", bytes(64)),
                _TEXT,
            )
        ),
        result="not_a_photo",
        why="cameras of phones do not write them; each further decoder is attack surface",
    ),
)
