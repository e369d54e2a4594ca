"""Bytes that fill a file up after its picture was cut off: zeros, one repeated byte, or text.

A decoder takes them for coded pixels, and does not tell: the lower part of the picture comes out
as one flat tone.
"""

from collections.abc import Callable

from handlers.domain.photo.formats import PhotoUnreadable

_ASCII = bytes(range(128))
# Coded pixels look random: so many bytes without a highest bit have a probability of 2⁻⁶⁴ in them,
# unless an encoder writes a long uniform area.
_SHORTEST = 64
# Of a suspected fill, so many bytes are kept: they may be the last of the pixels.
_KEPT = 16


def fill_length(coded: bytes) -> int:
    """Return the number of bytes at the end of coded pixels that look like a fill, or 0."""
    repeated = len(coded) - len(coded.rstrip(coded[-1:]))
    text = len(coded) - len(coded.rstrip(_ASCII))
    longest = max(repeated, text)
    return longest if longest >= _SHORTEST else 0


def without_fill(
    coded: bytes, *, is_complete: Callable[[bytes], bool], is_terminated: bool = True
) -> bytes:
    """Return the coded pixels without a fill behind them; all of them if they have none.

    `is_complete` decodes pixels and returns whether they are all there; `is_terminated`: the file
    says where the pixels end.

    Raises: PhotoUnreadable, if the pixels end early and a fill follows.
    """
    filled = fill_length(coded)
    if not filled:
        return coded
    short = coded[: len(coded) - filled + _KEPT]
    if is_complete(short):
        return short
    if not is_terminated or is_complete(coded[:-_KEPT]):
        # The picture needs some of the bytes and not all, so they are not an encoder's: of a long
        # uniform area, it writes what the picture needs.
        raise PhotoUnreadable("the pixels end early, and something else follows them")
    return coded
