"""Splits chunks of bytes into blocks of whole lines: an object may be larger than the memory."""

from collections.abc import Iterable, Iterator

BLOCK = 256 * 1024
"""Bytes of a block: its parsed form stays in the processor's cache."""

_MARK = b"\xef\xbb\xbf"  # some editors begin a file with it
_FEW = 16  # so few lines are parsed faster one by one than by further halving


class OverlongLine(bytes):
    """The beginning of a line that was too long to keep."""

    __slots__ = ()


def blocks(chunks: Iterable[bytes], *, longest: int) -> Iterator[bytes]:
    """Yield blocks of whole lines with their line breaks; the last line may have no line break.

    Of a line longer than `longest` bytes only the beginning is kept, as an OverlongLine.
    """
    begun: list[bytes] = []  # the pieces of a line that is not complete yet
    length, given_up = 0, False
    for chunk in chunks:
        start = 0
        if begun or given_up:
            start = chunk.find(b"\n") + 1
            piece = chunk[:start] if start else chunk
            if not given_up:
                begun.append(piece)
                length += len(piece)
                if length > longest + 1:  # the line break does not count
                    yield OverlongLine(b"".join(begun)[:longest])
                    begun, given_up = [], True
            if not start:
                continue
            if begun:
                whole, begun = b"".join(begun), []  # releases the pieces, which take as much memory
                yield whole
            begun, given_up = [], False
        end = chunk.rfind(b"\n") + 1
        yield from _cut(chunk, start, end)
        rest = chunk[max(start, end) :]
        begun, length = [rest] if rest else [], len(rest)
    if begun:
        yield b"".join(begun)


def lines_of(block: bytes, *, longest: int) -> Iterator[bytes]:
    """Yield every line that is not blank, without its line break."""
    if isinstance(block, OverlongLine):
        yield block
        return
    for line in block.split(b"\n"):
        if line and not line.isspace():
            line_alone = line.removeprefix(_MARK)
            yield line_alone if len(line) <= longest else OverlongLine(line[:longest])


def halves_of(block: bytes) -> tuple[bytes, ...]:
    """Cut a block between two lines, near its middle; return nothing for few lines."""
    if block.count(b"\n") <= _FEW:
        return ()
    middle = len(block) // 2
    cut = block.rfind(b"\n", 0, middle) + 1 or block.find(b"\n", middle) + 1
    return (block[:cut], block[cut:]) if cut < len(block) else ()


def _cut(chunk: bytes, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes from start to end in blocks that end with a line."""
    while start < end:
        cut = chunk.rfind(b"\n", start, start + BLOCK) + 1
        cut = cut or chunk.find(b"\n", start + BLOCK) + 1  # one long line
        yield chunk[start:cut]
        start = cut
