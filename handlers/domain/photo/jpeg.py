"""Takes a JPEG apart, marker by marker, before a decoder sees it.

What the decoder gets is the first picture and nothing else: no EXIF, no profiles, no further
pictures (MPO), no film behind it (motion photos). All of those have readers of their own, and none
adds to the pixels.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from handlers.domain.photo.formats import (
    PhotoTooLarge,
    PhotoUnreadable,
    PhotoUnsupported,
    check_size,
)

# Each scan visits all coefficients: thousands of empty ones cost hours. Cameras write 1, encoders
# that squeeze write about a dozen.
MAX_SCANS = 32
_MOST_MARKERS = 10_000

_SOI, _EOI, _SOS, _APP1 = 0xD8, 0xD9, 0xDA, 0xE1
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_READABLE_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # neither lossless nor hierarchical
# JFIF and Adobe say how colours are coded; every other application segment goes, and comments.
_DROPPED = {*range(0xE1, 0xF0), 0xFE} - {0xEE}
# In coded pixels FF is followed by 00 or by a restart; everything else ends them.
# One FF before the marker's code, not all of them: a run of 14 MB is searched once, not squared.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Jpeg:
    """The first picture alone, and the EXIF block that came with it."""

    picture: bytes
    exif: bytes | None


def take_apart(data: bytes) -> Jpeg:
    """Raises: PhotoTooLarge, PhotoUnreadable, PhotoUnsupported."""
    kept = [data[:2]]
    exif: bytes | None = None
    seen = {"frames": 0, "scans": 0}
    for marker, start, end in _segments(data):
        if marker in _FRAMES:
            seen["frames"] += 1
            _check_frame(marker, data[start + 4 : end])
        elif marker == _SOS:
            seen["scans"] += 1
            if seen["scans"] > MAX_SCANS:
                raise PhotoTooLarge(f"more than {MAX_SCANS} scans")
        elif marker == _APP1 and exif is None and data[start + 4 : start + 10] == b"Exif\0\0":
            exif = data[start + 4 : end]
        if marker not in _DROPPED:
            kept.append(data[start:end])
    if not all(seen.values()):
        raise PhotoUnreadable("no picture in it")
    return Jpeg(picture=b"".join(kept), exif=exif)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment of the first picture; a scan with its pixels."""
    at = 2
    for _ in range(_MOST_MARKERS):
        marker, start, end = _segment(data, at)
        if marker == _SOS:
            found = _END_OF_SCAN.search(data, end)
            end = found.start() if found else len(data)
        yield marker, start, end
        at = end
        if marker == _EOI or at >= len(data):
            return  # at the end, or cut off: the decoder says whether enough is left
    raise PhotoUnreadable(f"more than {_MOST_MARKERS} markers")


def _segment(data: bytes, at: int) -> tuple[int, int, int]:
    """The next marker, where it starts and where its segment ends."""
    # Like every decoder: what lies between two segments is skipped.
    found = _NEXT_MARKER.search(data, at)
    if not found:
        raise PhotoUnreadable("ends between two segments")
    start, marker = found.start(), data[found.end() - 1]
    if marker in _STANDALONE or marker in {_SOI, _EOI}:
        return marker, start, start + 2
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    if length < 2 or start + 2 + length > len(data):
        raise PhotoUnreadable("a segment reaches past the end")
    return marker, start, start + 2 + length


def _check_frame(marker: int, frame: bytes) -> None:
    if marker not in _READABLE_FRAMES:
        raise PhotoUnsupported("lossless and hierarchical JPEG are not read")
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    if not width or not height:
        raise PhotoUnreadable("no width or no height")
    check_size("JPEG", width, height)
