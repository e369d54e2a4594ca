"""Lists as CSV: drivers choose the keys in them, and spreadsheets run what looks like a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from monitoring.report.visible import spelled_out

_AT_ONCE = 1_000
# A semicolon begins a new cell where the comma is a decimal point, and some spreadsheets take the
# wide signs for the narrow ones.
_FORMULA = re.compile(r"(^|;)( *)(?=[=+\-@＝＋－＠])")


def csv_chunks(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """In chunks, so that a month of photos is not a second time in memory."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_harmless, head))
    for place, row in enumerate(rows, start=1):
        writer.writerow(map(_harmless, row))
        if place % _AT_ONCE == 0:
            yield _taken(text)
    yield _taken(text)


def _harmless(value: object) -> object:
    """Spelled out before it is quoted: csv leaves a lone carriage return bare up to Python 3.12."""
    return _FORMULA.sub(r"\1\2'", spelled_out(value)) if isinstance(value, str) else value


def _taken(text: io.StringIO) -> bytes:
    found = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return found
