"""Reads that many records and prints the highest resident memory, in bytes."""

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from monitoring.capture import CaptureObject, CaptureReader, Span
from tests.monitoring.capture.lines_of import DAY, VEHICLES, a_line


def chunks(records: int, *, image: int) -> Iterator[bytes]:
    """Made on the way: what is measured is the reader's memory, not the file's."""
    for start in range(0, records, 100):
        numbers = range(start, min(start + 100, records))
        yield b"".join(a_line(number, image=image) for number in numbers)


def peak_bytes() -> int:
    """Of this interpreter alone; Linux's getrusage keeps what there was before `exec`."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def main() -> None:
    span = Span(start=DAY, end=DAY.replace(day=22))
    reader = CaptureReader(span, vehicles=VEHICLES)
    source = CaptureObject(key="key", variant="v", last_modified=DAY)
    records = int(sys.argv[1])
    reader.read(source, chunks(records, image=300))
    found = reader.summary()
    assert found.records == records
    print(peak_bytes())  # noqa: T201


if __name__ == "__main__":
    main()
