"""The capture reader on several kinds of files: `python -m tests.benchmarks.captured_records`.

CPU seconds are compared with a bare `orjson.loads` of the same lines (the nested JSON included),
measured by turns; the best of each counts, since other load slows down both.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from monitoring.capture import CaptureObject, CaptureReader, Span
from tests.benchmarks.measurement import Measurements, run
from tests.conftest import ROOT
from tests.monitoring.capture.lines_of import (
    DAY,
    VEHICLES,
    a_line,
    a_record,
    an_answer,
    as_line,
    many_lines,
)
from tests.monitoring.capture.peak import peak_bytes

TITLE = "Captured records; bounds: usual ones 1.5 times a bare parse, any 300 MB"
WORKER = "worker"
CHUNK = 1 << 20
TURNS = 3
SHORT = 1_000  # records
GB_SECOND_USD = 0.0000133334  # Lambda on arm64, us-east-1, November 2026
LAMBDA_GB = 1.769  # the memory that comes with one whole processor


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A file to read, some lines at a time."""

    name: str
    records: int
    lines: Callable[[range], bytes]


def _joined(line: Callable[[int], bytes]) -> Callable[[range], bytes]:
    return lambda numbers: b"".join(map(line, numbers))


def _without_id(number: int) -> bytes:
    record: dict[str, Any] = a_record(number)
    del record["eventMetadata"]["inferenceId"]
    return as_line(record)


def _by_turns(number: int) -> bytes:
    return a_line(number, answer=an_answer(number, model_version=f"m{number % 2}"))


KINDS = (
    Kind(name="usual", records=1_000_000, lines=many_lines),
    Kind(
        name="with images of 3 kB", records=50_000, lines=_joined(lambda n: a_line(n, image=3_000))
    ),
    Kind(name="two models by turns", records=100_000, lines=_joined(_by_turns)),
    Kind(
        name="one odd line in 300",
        records=100_000,
        lines=_joined(lambda n: a_line(n) if n % 300 else _without_id(n)),
    ),
    Kind(name="all without an id", records=100_000, lines=_joined(_without_id)),
)


def measure(*, short: bool) -> Measurements:
    """Return one row a kind of file."""
    rows = {}
    for kind in KINDS:
        records = min(kind.records, SHORT) if short else kind.records
        ours_s, bare_s, peak = _measured(kind, records, turns=1 if short else TURNS)
        rows[kind.name] = {
            "records": records,
            "cpu_s": ours_s,
            "times_bare_parse": ours_s / bare_s,
            "peak_mb": peak / 1e6,
            "usd_per_100000": ours_s * 100_000 / records * LAMBDA_GB * GB_SECOND_USD,
        }
    return rows


def _measured(kind: Kind, records: int, *, turns: int) -> tuple[float, float, float]:
    """Return CPU seconds of our reader and of the bare parse, and our peak in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture.jsonl"
        with path.open("wb") as file:
            for start in range(0, records, 1_000):
                file.write(kind.lines(range(start, min(start + 1_000, records))))
        measured = [[_alone(reader, path) for reader in READERS] for _ in range(turns)]
    ours, bare = (min(results) for results in zip(*measured, strict=True))
    return ours[0], bare[0], ours[1]


def _alone(reader: str, path: Path) -> tuple[float, float]:
    """Return seconds and bytes of one reader, in an interpreter of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.captured_records", WORKER, reader, str(path)]
    seconds, peak = orjson.loads(subprocess.check_output(command, cwd=ROOT))
    return float(seconds), float(peak)


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


READERS: dict[str, Callable[[Path], None]] = {"ours": _ours, "bare": _bare}


def _worker(reader: str, path: Path) -> None:
    start = time.process_time()
    READERS[reader](path)
    seconds = time.process_time() - start
    sys.stdout.buffer.write(orjson.dumps([seconds, peak_bytes()]))


if __name__ == "__main__":
    if sys.argv[1:2] == [WORKER]:
        _worker(sys.argv[2], Path(sys.argv[3]))
    else:
        run(measure, TITLE)
