"""`make bench`: speed and size of what runs without a stage, as ratios taken in one run."""

import argparse
import json
import sys

from rich.console import Console

from tests.benchmarks import captured_records, decoding, packages, report
from tests.benchmarks.measurement import Measurements, table_of

BENCHMARKS = {
    "decoding": decoding,
    "captured_records": captured_records,
    "report": report,
    "packages": packages,
}


def main() -> None:
    """Print one table a benchmark, each as soon as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="few repetitions, to check that all work"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    console, results = Console(), dict[str, Measurements]()
    for name, benchmark in BENCHMARKS.items():
        results[name] = benchmark.measure(short=options.short)
        if not options.json:
            console.print(table_of(benchmark.TITLE, results[name]))
    if options.json:
        sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
