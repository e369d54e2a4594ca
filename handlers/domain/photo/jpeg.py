"""Reduces a JPEG to its first picture, marker by marker, before a decoder sees it.

The decoder gets no EXIF, no profiles, no further pictures (MPO) and no film (motion photos): each
of these would run another parser on untrusted bytes, and none of them changes the pixels.

Marker codes and the order of segments are from ITU-T T.81, annex B.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from handlers.domain.photo.formats import (
    PhotoTooComplex,
    PhotoUnreadable,
    PhotoUnsupported,
    check_size,
)

# Each scan visits all coefficients: thousands of empty scans take hours. Cameras write 1 scan,
# optimizing encoders about a dozen.
MAX_SCANS = 32
EOI = b"\xff\xd9"
_MOST_MARKERS = 10_000

_SOI, _EOI, _SOS, _APP1 = 0xD8, 0xD9, 0xDA, 0xE1
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_READABLE_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # neither lossless nor hierarchical
_PROGRESSIVE_FRAMES = {0xC2, 0xCA}
_ARITHMETIC_FRAMES = {0xC9, 0xCA}
# JFIF and Adobe define how colours are coded; all other application segments and comments are
# dropped, and so is DNL: the decoder takes the height from the frame.
_DROPPED = {*range(0xE1, 0xF0), 0xFE, 0xDC} - {0xEE}
# In coded pixels, FF is followed by 00 or by a restart marker; any other code ends the scan. The
# patterns match one FF before the marker's code, not all of them: otherwise the search of a long
# run of FF takes quadratic time.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Jpeg:
    """The first picture of a file, and its EXIF block."""

    head: bytes  # everything before the coded pixels of the last scan
    last_scan: bytes  # these pixels, up to the next marker or the end of the file
    is_terminated: bool  # by an EOI marker
    scans: int
    pixels: int
    is_arithmetic: bool
    exif: bytes


class _Frame:
    """A picture's components, and which of their coefficients the scans have had."""

    def __init__(self, marker: int, components: bytes, pixels: int) -> None:
        self.pixels = pixels
        self.is_progressive = marker in _PROGRESSIVE_FRAMES
        self.is_arithmetic = marker in _ARITHMETIC_FRAMES
        # By component: the lowest bit that is known of each coefficient; None before the first.
        self._lowest: dict[int, list[int | None]] = {
            component: [None] * 64 for component in components
        }

    @classmethod
    def of(cls, marker: int, body: bytes) -> Self:
        if marker not in _READABLE_FRAMES:
            raise PhotoUnsupported("lossless and hierarchical JPEG are not supported")
        height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
        if not height and width:
            raise PhotoUnsupported("the height follows behind the pixels")
        if not width:
            raise PhotoUnreadable("the width is 0")
        check_size("JPEG", width, height)
        return cls(marker, body[6::3], width * height)

    def add_scan(self, header: bytes) -> None:
        """Note what a scan's header says that it has."""
        count = header[0] if header else 0
        parameters = header[1 + 2 * count : 4 + 2 * count]
        if len(parameters) < 3:
            raise PhotoUnreadable("the header of a scan is too short")
        first, last, low = parameters[0], min(parameters[1], 63), parameters[2] & 15
        if not self.is_progressive:
            first, last, low = 0, 63, 0
        for component in header[1 : 1 + 2 * count : 2]:
            for coefficient in range(first, last + 1):
                if component in self._lowest:
                    self._lowest[component][coefficient] = low

    @property
    def is_covered(self) -> bool:
        """Whether the scans have every bit of every coefficient."""
        return all(bit == 0 for bits in self._lowest.values() for bit in bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    marker: int
    start: int
    body: int  # where its content begins
    end: int  # of a scan's header, too: its pixels follow
    pixels_end: int


def first_picture(data: bytes) -> Jpeg:
    """Return the first picture of a JPEG file.

    What follows a complete picture is not read, so it refuses nothing. Whether the pixels of the
    last scan are complete is decided in `jpeg_ending`.

    Raises: PhotoTooComplex, PhotoTooLarge, PhotoUnreadable, PhotoUnsupported.
    """
    picture = _Picture(data)
    for segment in _segments(data):
        if not picture.take(segment):
            break
    return picture.result()


class _Picture:
    """Collects the segments of one picture."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pieces = [data[:2]]
        self._exif = b""
        self._frame: _Frame | None = None
        self._scans: list[tuple[int, _Segment]] = []  # with the number of pieces before its pixels

    def take(self, segment: _Segment) -> bool:
        """Take a segment, and return whether the picture may go on behind it."""
        marker, body = segment.marker, self._data[segment.body : segment.end]
        if self._scans and marker in {*_FRAMES, _SOI, _EOI}:
            return False
        if marker in _FRAMES:
            self._frame = _Frame.of(marker, body)
        elif marker == _APP1 and not self._exif and body.startswith(b"Exif\0\0"):
            self._exif = body
        if marker not in _DROPPED:
            self._pieces.append(self._data[segment.start : segment.end])
        return marker != _SOS or self._take_scan(segment, body)

    def _take_scan(self, segment: _Segment, header: bytes) -> bool:
        if self._frame is None:
            raise PhotoUnreadable("the pixels come before the frame")
        if len(self._scans) == MAX_SCANS:
            raise PhotoTooComplex(f"more than {MAX_SCANS} scans")
        self._frame.add_scan(header)
        self._scans.append((len(self._pieces), segment))
        self._pieces.append(self._data[segment.end : segment.pixels_end])
        return self._frame.is_progressive or not self._frame.is_covered

    def result(self) -> Jpeg:
        """Return the picture, if it has all its scans."""
        if self._frame is None or not self._scans or not self._frame.is_covered:
            raise PhotoUnreadable("the file ends before its picture")
        before, last = self._scans[-1]
        return Jpeg(
            head=b"".join(self._pieces[:before]),
            last_scan=self._pieces[before],
            is_terminated=self._data.startswith(EOI, last.pixels_end),
            scans=len(self._scans),
            pixels=self._frame.pixels,
            is_arithmetic=self._frame.is_arithmetic,
            exif=self._exif,
        )


def _segments(data: bytes) -> Iterator[_Segment]:
    """Yield the segments; after the first scan, what cannot be one ends the picture."""
    at, has_scan = 2, False
    for _ in range(_MOST_MARKERS):
        try:
            segment = _segment(data, at)
        except PhotoUnreadable:
            if has_scan:
                return
            raise
        yield segment
        has_scan = has_scan or segment.marker == _SOS
        at = segment.pixels_end
        if segment.marker == _EOI or at >= len(data):
            return
    raise PhotoTooComplex(f"more than {_MOST_MARKERS} markers")


def _segment(data: bytes, at: int) -> _Segment:
    """Return the next segment at or behind `at`."""
    # Bytes between two segments are skipped, as decoders do.
    match = _NEXT_MARKER.search(data, at)
    if not match:
        raise PhotoUnreadable("the file ends between two segments")
    start, marker = match.start(), data[match.end() - 1]
    if marker in _STANDALONE or marker in {_SOI, _EOI}:
        return _Segment(
            marker=marker, start=start, body=start + 2, end=start + 2, pixels_end=start + 2
        )
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    end = pixels_end = start + 2 + length
    if length < 2 or end > len(data):
        raise PhotoUnreadable("a segment reaches beyond the end of the file")
    if marker == _SOS:
        next_marker = _END_OF_SCAN.search(data, end)
        pixels_end = next_marker.start() if next_marker else len(data)
    return _Segment(marker=marker, start=start, body=start + 4, end=end, pixels_end=pixels_end)
