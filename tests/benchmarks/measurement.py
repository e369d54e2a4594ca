"""What the benchmarks share: the form of their results, their options and their output."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from rich.console import Console
from rich.table import Table

Measurements = Mapping[str, Mapping[str, float]]
"""Numbers by row and column; a column's name ends in its unit (`cpu_s`, `peak_mb`)."""


class Benchmark(Protocol):
    """Measures once. `short` takes a second or so and proves only that the benchmark works."""

    def __call__(self, *, short: bool) -> Measurements: ...


def run(benchmark: Benchmark, title: str) -> None:
    """Run the command line of a benchmark: `--short` and `--json`."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument(
        "--short", action="store_true", help="few repetitions, to check that it works"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    measurements = benchmark(short=options.short)
    if options.json:
        sys.stdout.write(json.dumps(measurements, indent=2) + "\n")
    else:
        Console().print(table_of(title, measurements))


def table_of(title: str, measurements: Measurements) -> Table:
    """Return a table with a row a subject; the columns are those of the first row."""
    columns = list(next(iter(measurements.values())))
    table = Table("", title=title)
    for column in columns:
        table.add_column(column, justify="right")
    for row, values in measurements.items():
        table.add_row(row, *(f"{values[column]:,.4g}" for column in columns))
    return table


def cpu_s(work: Callable[[], object]) -> float:
    """Return the CPU seconds that a call takes in this process."""
    start = time.process_time()
    work()
    return time.process_time() - start
