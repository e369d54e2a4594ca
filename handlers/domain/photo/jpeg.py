"""Reduces a JPEG to its first picture, marker by marker, before a decoder sees it.

The decoder gets no EXIF, no profiles, no further pictures (MPO) and no film (motion photos): each
of these would run another parser on untrusted bytes, and none of them changes the pixels.
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

# Each scan visits all coefficients: thousands of empty scans take hours. Cameras write 1 scan,
# optimizing encoders about a dozen.
MAX_SCANS = 32
_MOST_MARKERS = 10_000

_SOI, _EOI, _SOS, _APP1 = 0xD8, 0xD9, 0xDA, 0xE1
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_READABLE_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # neither lossless nor hierarchical
# JFIF and Adobe define how colours are coded; all other application segments and comments are
# dropped.
_DROPPED = {*range(0xE1, 0xF0), 0xFE} - {0xEE}
# In coded pixels, FF is followed by 00 or by a restart marker; any other code ends the scan. The
# patterns match one FF before the marker's code, not all of them: otherwise the search of a long
# run of FF takes quadratic time.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Jpeg:
    """The first picture of a file, and its EXIF block."""

    picture: bytes
    exif: bytes | None


def first_picture(data: bytes) -> Jpeg:
    """Return the first picture of a JPEG file.

    Raises: PhotoTooLarge, PhotoUnreadable, PhotoUnsupported.
    """
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
        raise PhotoUnreadable("the file has no picture")
    return Jpeg(picture=b"".join(kept), exif=exif)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment; a scan's segment includes its pixels."""
    at = 2
    for _ in range(_MOST_MARKERS):
        marker, start, end = _segment(data, at)
        if marker == _SOS:
            next_marker = _END_OF_SCAN.search(data, end)
            end = next_marker.start() if next_marker else len(data)
        yield marker, start, end
        at = end
        if marker == _EOI or at >= len(data):
            return  # complete, or truncated: the decoder decides whether enough is left
    raise PhotoUnreadable(f"more than {_MOST_MARKERS} markers")


def _segment(data: bytes, at: int) -> tuple[int, int, int]:
    """Return the next marker, its start, and the end of its segment."""
    # Bytes between two segments are skipped, as decoders do.
    match = _NEXT_MARKER.search(data, at)
    if not match:
        raise PhotoUnreadable("the file ends between two segments")
    start, marker = match.start(), data[match.end() - 1]
    if marker in _STANDALONE or marker in {_SOI, _EOI}:
        return marker, start, start + 2
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    if length < 2 or start + 2 + length > len(data):
        raise PhotoUnreadable("a segment reaches beyond the end of the file")
    return marker, start, start + 2 + length


def _check_frame(marker: int, frame: bytes) -> None:
    if marker not in _READABLE_FRAMES:
        raise PhotoUnsupported("lossless and hierarchical JPEG are not supported")
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    if not width or not height:
        raise PhotoUnreadable("the width or height is 0")
    check_size("JPEG", width, height)
