"""Print the table of bursts and outages, with the workflow as it was and as it is.

Exit code: 0 if no photo fails, is lost or is late with the workflow as it is; with `--emulator`, 0
if a stage that throttles agrees with the model.
"""

import argparse
import json
import sys
from dataclasses import replace

from tests.bursts.scenarios import SCENARIOS, comparisons
from tests.bursts.table import document, table, write


def main() -> int:
    """Simulate all scenarios, or one burst and one outage on a stage, too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="runs of each load [1]")
    parser.add_argument(
        "--short", action="store_true", help="ten photos of each load, to see that it works"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="store the record and its page")
    parser.add_argument(
        "--emulator", action="store_true", help="compare the model with a stage that throttles"
    )
    options = parser.parse_args()
    if options.emulator:
        # Only here: the model needs no stage.
        from tests.bursts.emulator import compare  # noqa: PLC0415 # above

        return compare(write=lambda line: sys.stdout.write(f"{line}\n"))
    scenarios = tuple(replace(scenario, is_short=options.short) for scenario in SCENARIOS)
    rows = document(comparisons(scenarios, seeds=options.seeds))
    if options.write:
        write(rows)
    sys.stdout.write(json.dumps(rows, indent=2) + "\n" if options.json else table(rows))
    return 0 if all(row["now"]["in_time"] for row in rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
