"""Print the table of bursts and outages; `--seeds 3` is the long form."""

import argparse
import sys

from tests.bursts.scenarios import outcomes

_COLUMNS = (
    *("load", "limit", "failed", "lost", "parked", "drained s", "floor s", "in time s"),
    *("in time", "transitions a photo", "most"),
)


def main() -> int:
    """Simulate all loads; return 1 if a photo failed, was lost or was late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="runs of each load")
    options = parser.parse_args()
    sys.stdout.write("| " + " | ".join(_COLUMNS) + " |\n")
    sys.stdout.write("|" + "---|" * len(_COLUMNS) + "\n")
    sound = True
    for outcome in outcomes(seeds=options.seeds):
        sound &= outcome.in_time and not outcome.failed and not outcome.lost
        cells = (
            outcome.name,
            f"{outcome.concurrency:,}",
            *(outcome.failed, outcome.lost, outcome.parked),
            *(f"{s:.0f}" for s in (outcome.drained_s, outcome.floor_s, outcome.limit_s)),
            "yes" if outcome.in_time else "no",
            f"{outcome.transitions:.0f}",
            outcome.most_transitions,
        )
        sys.stdout.write("| " + " | ".join(map(str, cells)) + " |\n")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
