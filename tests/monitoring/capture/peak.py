"""Prints the peak resident memory in bytes of reading `records N`, or one longest `line`.

The lines are generated while they are read, so the file takes no memory.
"""

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from monitoring.capture import CaptureObject, CaptureReader, CaptureSummary, Span
from monitoring.capture.reader import LONGEST_LINE
from tests.monitoring.capture.lines_of import DAY, VEHICLES, a_line, many_lines

MEGABYTE = 1 << 20
_AT_A_TIME = 2_000


def peak_bytes() -> int:
    """Return this interpreter's peak; on Linux, getrusage includes the process before `exec`."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _lines(records: int) -> Iterator[bytes]:
    for start in range(0, records, _AT_A_TIME):
        yield many_lines(range(start, min(start + _AT_A_TIME, records)))


def _longest_line() -> Iterator[bytes]:
    """Yield a record with a further field that would take 12 million objects in memory."""
    yield b'{"unread":['
    for _ in range(LONGEST_LINE // MEGABYTE - 1):
        yield b"{}," * (MEGABYTE // 3)
    yield b"{}]," + a_line(1)[1:]


def _read(chunks: Iterator[bytes]) -> CaptureSummary:
    reader = CaptureReader(Span(start=DAY, end=DAY.replace(day=22)), vehicles=VEHICLES)
    reader.read(CaptureObject(key="key", variant="v", last_modified=DAY), chunks)
    return reader.summary()


def main() -> None:
    """Print one number."""
    records = int(sys.argv[2]) if sys.argv[1] == "records" else 1
    summary = _read(_lines(records) if sys.argv[1] == "records" else _longest_line())
    assert (summary.records, summary.anomalies) == (records, {})
    print(peak_bytes())  # noqa: T201 # its output is the result


if __name__ == "__main__":
    main()
