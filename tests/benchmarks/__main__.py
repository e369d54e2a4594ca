"""`make bench`: speed and size of what runs without a stage, as ratios taken in one run."""

import argparse

from rich.console import Console

from tests.benchmarks import captured_records, decoding, packages, report
from tests.benchmarks.measurement import table_of


def main() -> None:
    """Print one table a benchmark, each as soon as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="few rounds, to see that all work")
    short: bool = parser.parse_args().short
    console = Console()

    for benchmark in (decoding, captured_records, report, packages):
        console.print(table_of(benchmark.TITLE, benchmark.measure(short=short)))


if __name__ == "__main__":
    main()
