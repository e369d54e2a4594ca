"""Lines out of chunks of bytes, in batches: a capture object may be larger than the memory."""

from collections.abc import Iterable, Iterator

LINES_AT_ONCE = 256
"""Few enough that what they become stays in the processor's cache."""


class OverlongLine(bytes):
    """The beginning of a line that was too long to keep."""

    __slots__ = ()


def batches(chunks: Iterable[bytes], *, longest: int) -> Iterator[list[bytes]]:
    """Every line that is not blank, without its line break.

    What is longer than `longest` is not kept: its first bytes come as an OverlongLine.
    """
    begun: list[bytes] = []  # the pieces of a line whose end has not come yet
    length, given_up = 0, False
    for chunk in chunks:
        first, *lines = chunk.split(b"\n")
        if lines:
            whole = [] if given_up else [b"".join([*begun, first])]
            *complete, last = [*whole, *lines]
            yield from _in_batches(complete, longest)
            begun, length, given_up = [last], len(last), False
        elif not given_up:
            begun.append(first)
            length += len(first)
        if length > longest:
            yield [OverlongLine(b"".join(begun)[:longest])]
            begun, length, given_up = [], 0, True
    if begun and not given_up:
        yield from _in_batches([b"".join(begun)], longest)


def _in_batches(lines: list[bytes], longest: int) -> Iterator[list[bytes]]:
    for start in range(0, len(lines), LINES_AT_ONCE):
        batch = lines[start : start + LINES_AT_ONCE]
        if max(map(len, batch)) > longest:
            batch = [_cut(line, longest) for line in batch]
        if b"" in batch:
            batch = [line for line in batch if line]
        if batch:
            yield batch


def _cut(line: bytes, longest: int) -> bytes:
    return line if len(line) <= longest else OverlongLine(line[:longest])
