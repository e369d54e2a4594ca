"""Lines out of chunks of bytes, many at once: a capture object may be larger than the memory."""

from collections.abc import Iterable, Iterator

BLOCK = 256 * 1024
"""Few enough lines that what they become stays in the processor's cache."""

_MARK = b"\xef\xbb\xbf"  # some editors begin a file with it
_FEW = 16  # lines that are read as quickly one by one as in search of the odd one


class OverlongLine(bytes):
    """The beginning of a line that was too long to keep."""

    __slots__ = ()


def blocks(chunks: Iterable[bytes], *, longest: int) -> Iterator[bytes]:
    """Whole lines with their line breaks; the last line of all may have none.

    What is longer than `longest` is not kept: its first bytes come as an OverlongLine.
    """
    begun: list[bytes] = []  # the pieces of a line whose end has not come yet
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
                whole, begun = b"".join(begun), []  # its pieces are as large as it
                yield whole
            begun, given_up = [], False
        end = chunk.rfind(b"\n") + 1
        yield from _cut(chunk, start, end)
        rest = chunk[max(start, end) :]
        begun, length = [rest] if rest else [], len(rest)
    if begun:
        yield b"".join(begun)


def lines_of(block: bytes, *, longest: int) -> Iterator[bytes]:
    """Every line that is not blank, without its line break."""
    if isinstance(block, OverlongLine):
        yield block
        return
    for line in block.split(b"\n"):
        if line and not line.isspace():
            line_alone = line.removeprefix(_MARK)
            yield line_alone if len(line) <= longest else OverlongLine(line[:longest])


def halves_of(block: bytes) -> tuple[bytes, ...]:
    """Cut between two lines, near the middle; nothing where there are too few lines to gain."""
    if block.count(b"\n") <= _FEW:
        return ()
    middle = len(block) // 2
    cut = block.rfind(b"\n", 0, middle) + 1 or block.find(b"\n", middle) + 1
    return (block[:cut], block[cut:]) if cut < len(block) else ()


def _cut(chunk: bytes, start: int, end: int) -> Iterator[bytes]:
    """What lies between, in blocks that end where a line ends."""
    while start < end:
        cut = chunk.rfind(b"\n", start, start + BLOCK) + 1
        cut = cut or chunk.find(b"\n", start + BLOCK) + 1  # one long line
        yield chunk[start:cut]
        start = cut
