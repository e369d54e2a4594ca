"""Reduces a PNG to the chunks that make its picture, before a decoder sees it.

The decoder gets header, palette, transparency and pixels. Text, profiles, times and animation
would run further parsers on untrusted bytes, and an error in one of them would refuse a picture
whose pixels are all there.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from handlers.domain.photo.formats import (
    PhotoTooComplex,
    PhotoUnreadable,
    PhotoUnsupported,
    check_size,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 20_000  # reading one takes microseconds, and 15 MB can hold a million
_GREY, _COLOUR, _PALETTE = 0, 2, 3  # the colour types that may have a tRNS chunk
_TRANSPARENCY_BYTES = {_GREY: 2, _COLOUR: 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Png:
    """The picture of a file, and its EXIF block."""

    picture: bytes
    exif: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    kind: bytes
    body: bytes
    is_intact: bool  # complete, and its checksum is right


def only_picture(data: bytes) -> Png:
    """Return a PNG of the picture alone; of an animation, its default picture.

    As in libpng, a damaged chunk that the pixels do not need is left out, and a wrong checksum of
    the pixels does not refuse them.

    Raises: PhotoTooLarge, PhotoTooComplex, PhotoUnreadable, PhotoUnsupported.
    """
    chunks = _chunks(data)
    header = _checked_header(next(chunks, None))
    first: dict[bytes, _Chunk] = {}
    pixels = []
    for chunk in chunks:
        if chunk.kind == b"IDAT":
            pixels.append(chunk.body)
        elif chunk.is_intact:
            first.setdefault(chunk.kind, chunk)
    if not pixels:
        raise PhotoUnreadable("the file has no pixels")
    colour_type = header.body[9]
    kept = [_written(b"IHDR", header.body)]
    if colour_type == _PALETTE:
        if b"PLTE" not in first:
            raise PhotoUnreadable("the palette is missing")
        kept.append(_written(b"PLTE", first[b"PLTE"].body))
    if b"tRNS" in first and (transparency := _transparency(first[b"tRNS"].body, header.body)):
        kept.append(_written(b"tRNS", transparency))
    kept += [_written(b"IDAT", b"".join(pixels)), _written(b"IEND", b"")]
    exif = first[b"eXIf"].body if b"eXIf" in first else b""
    return Png(picture=SIGNATURE + b"".join(kept), exif=exif)


def _checked_header(header: _Chunk | None) -> _Chunk:
    if header is not None and header.kind == b"CgBI":
        raise PhotoUnsupported("Xcode's form of PNG, which only iPhones read")
    if header is None or header.kind != b"IHDR" or len(header.body) != 13 or not header.is_intact:
        raise PhotoUnreadable("the header is damaged")
    width, height = struct.unpack(">II", header.body[:8])
    if not width or not height:
        raise PhotoUnreadable("the width or height is 0")
    check_size("PNG", width, height)
    return header


def _transparency(body: bytes, header: bytes) -> bytes:
    """Return the transparent colours as the decoder compares them; empty, if they do not fit."""
    depth, colour_type = header[8], header[9]
    if colour_type == _PALETTE:
        return body[:256]
    if len(body) != _TRANSPARENCY_BYTES.get(colour_type):
        return b""
    samples = struct.unpack(f">{len(body) // 2}H", body)
    if colour_type == _COLOUR and depth == 16:
        samples = tuple(sample >> 8 for sample in samples)  # it keeps the upper eight bits
    elif depth < 8:
        samples = tuple(sample * 255 // ((1 << depth) - 1) for sample in samples)  # it scales them
    return struct.pack(f">{len(samples)}H", *(min(sample, 0xFFFF) for sample in samples))


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Yield the chunks before IEND; the last one may be incomplete.

    What cannot be a chunk ends the file: pixels may be complete, whatever follows them.
    """
    at = len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        kind = data[at + 4 : at + 8]
        if len(kind) < 4 or not kind.isalpha() or kind == b"IEND":
            return
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        body = data[at + 8 : end]
        checksum = data[end : end + 4]
        is_intact = kind == b"IDAT" or zlib.crc32(kind + body).to_bytes(4, "big") == checksum
        yield _Chunk(kind=kind, body=body, is_intact=is_intact)
        at = end + 4
    raise PhotoTooComplex(f"more than {_MOST_CHUNKS} chunks")


def _written(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)
