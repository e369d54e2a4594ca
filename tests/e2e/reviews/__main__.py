"""A race of any size: `python -m tests.e2e.reviews --photos 400 --reviewers 5`."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from infra.local.stage.stage import ASSEMBLY, running_stage
from infra.synthesis.synth import synthesize
from tests.e2e.reviews.filling import fill, review_everything
from tests.e2e.reviews.race import run_race


def main() -> int:
    """Return 0 only if no decision was made twice or lost, and no invariant is violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--reviewers", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="few photos, to see that it works")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    photos, reviewers = (12, 2) if options.short else (options.photos, options.reviewers)
    assembly = synthesize("local", ASSEMBLY)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stage(assembly=assembly, enforce_iam=True, workers=3) as stage,
    ):
        review_everything(stage)
        fill(stage, Path(folder), photos=photos)
        # Messages that are deferred for a minute are dropped as well when they are visible again.
        drain_s = 5 if options.short else 75
        race = run_race(stage, reviewers=reviewers, seed=options.seed, drain_s=drain_s)
    sys.stdout.write((json.dumps(race.summary()) if options.json else race.table()) + "\n")
    for violation in race.violations:
        sys.stdout.write(f"{violation}\n")
    return 1 if race.doubles or race.lost or race.violations else 0


if __name__ == "__main__":
    sys.exit(main())
