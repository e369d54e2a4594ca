"""Reads a million captured records: `python -m tests.monitoring.capture.bench [RECORDS] [IMAGE]`.

Prints CPU seconds beside a bare `orjson.loads` of the same lines (the nested JSON included), peak
memory, and what 100,000 records cost on Lambda.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from monitoring.capture import CaptureObject, CaptureReader, Span
from tests.monitoring.capture.lines_of import DAY, VEHICLES, a_line
from tests.monitoring.capture.peak import peak_bytes

CHUNK = 1 << 20
_TURNS = 3
GB_SECOND_USD = 0.0000133334  # Lambda on arm64, us-east-1, November 2026
LAMBDA_GB = 1.769  # the memory that comes with one whole processor


def main() -> None:
    """One table."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    image = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture.jsonl"
        with path.open("wb") as file:
            file.writelines(a_line(number, image=image) for number in range(records))
        # By turns, and the best of each: what else runs on the machine slows down both.
        turns = [
            [_in_its_own_process(path, work) for work in (_ours, _bare)] for _ in range(_TURNS)
        ]
        ours, bare = (min(each) for each in zip(*turns, strict=True))
    cost = ours[0] * 100_000 / records * LAMBDA_GB * GB_SECOND_USD
    print(  # noqa: T201
        f"{records:,} records, image of {image:,} bytes\n"
        f"reader: {ours[0]:.2f} CPU s, {ours[1] / 1e6:.0f} MB at the peak\n"
        f"orjson: {bare[0]:.2f} CPU s, {bare[1] / 1e6:.0f} MB; ratio {ours[0] / bare[0]:.2f}\n"
        f"Lambda: {cost:.7f} USD per 100,000 records at {GB_SECOND_USD} USD a GB-second"
    )


def _in_its_own_process(path: Path, work: Callable[[Path], None]) -> tuple[float, int]:
    """CPU seconds of the work, and the process's peak in bytes."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        start = time.process_time()
        work(path)
        seconds = time.process_time() - start
        os.write(writing, orjson.dumps([seconds, peak_bytes()]))
        os._exit(0)
    os.wait()
    seconds, peak = orjson.loads(os.read(reading, 100))
    return float(seconds), int(peak)


def _ours(path: Path) -> None:
    reader = CaptureReader(Span(start=DAY, end=DAY.replace(day=22)), vehicles=VEHICLES)
    reader.read(CaptureObject(key="key", variant="v", last_modified=DAY), _chunks(path))
    reader.summary()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _bare(path: Path) -> None:
    with path.open("rb") as file:
        for line in file:
            orjson.loads(orjson.loads(line)["captureData"]["endpointOutput"]["data"])


if __name__ == "__main__":
    main()
