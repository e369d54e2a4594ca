"""Reads captured records of several kinds; `make bench` shows the same table.

CPU seconds stand beside a bare `orjson.loads` of the same lines (the nested JSON included), by
turns, and the best of each: what else runs on the machine slows down both.
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
from rich.console import Console
from rich.table import Table

from monitoring.capture import CaptureObject, CaptureReader, Span
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

CHUNK = 1 << 20
TURNS = 3
GB_SECOND_USD = 0.0000133334  # Lambda on arm64, us-east-1, November 2026
LAMBDA_GB = 1.769  # the memory that comes with one whole processor


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A file to read, some lines at a time."""

    name: str
    records: int
    lines: Callable[[range], bytes]


def _each(line: Callable[[int], bytes]) -> Callable[[range], bytes]:
    return lambda numbers: b"".join(map(line, numbers))


def _without_id(number: int) -> bytes:
    record: dict[str, Any] = a_record(number)
    del record["eventMetadata"]["inferenceId"]
    return as_line(record)


def _by_turns(number: int) -> bytes:
    return a_line(number, answer=an_answer(number, model_version=f"m{number % 2}"))


KINDS = (
    Kind(name="usual", records=1_000_000, lines=many_lines),
    Kind(name="with images of 3 kB", records=50_000, lines=_each(lambda n: a_line(n, image=3_000))),
    Kind(name="two models by turns", records=100_000, lines=_each(_by_turns)),
    Kind(
        name="one odd line in 300",
        records=100_000,
        lines=_each(lambda n: a_line(n) if n % 300 else _without_id(n)),
    ),
    Kind(name="all without an id", records=100_000, lines=_each(_without_id)),
)


def captures_table() -> Table:
    """One row a kind of file."""
    bounds = "usual ones: at most 1.5 times a bare parse; any: at most 300 MB"
    table = Table(title=f"Captured records ({bounds})")
    for column in ("file", "records", "CPU s", "times a bare parse", "MB", "USD per 100,000"):
        table.add_column(column, justify="left" if column == "file" else "right")
    for kind in KINDS:
        ours, bare, peak = _measured(kind)
        cost = ours * 100_000 / kind.records * LAMBDA_GB * GB_SECOND_USD
        figures = (f"{ours:.2f}", f"{ours / bare:.2f}", f"{peak / 1e6:.0f}", f"{cost:.7f}")
        table.add_row(kind.name, f"{kind.records:,}", *figures)
    return table


def _measured(kind: Kind) -> tuple[float, float, float]:
    """CPU seconds of ours and of the bare parse, and our peak in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture.jsonl"
        with path.open("wb") as file:
            for start in range(0, kind.records, 1_000):
                file.write(kind.lines(range(start, min(start + 1_000, kind.records))))
        turns = [[_alone(how, path) for how in WAYS] for _ in range(TURNS)]
    ours, bare = (min(each) for each in zip(*turns, strict=True))
    return ours[0], bare[0], ours[1]


def _alone(how: str, path: Path) -> tuple[float, float]:
    """In an interpreter of its own: seconds and bytes."""
    command = [sys.executable, "-m", "tests.monitoring.capture.bench", how, str(path)]
    found = subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout
    seconds, peak = orjson.loads(found)
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


WAYS: dict[str, Callable[[Path], None]] = {"ours": _ours, "bare": _bare}


def main() -> None:
    """The table, or one measurement of it."""
    if len(sys.argv) == 1:
        Console().print(captures_table())
        return
    start = time.process_time()
    WAYS[sys.argv[1]](Path(sys.argv[2]))
    seconds = time.process_time() - start
    sys.stdout.buffer.write(orjson.dumps([seconds, peak_bytes()]))


if __name__ == "__main__":
    main()
