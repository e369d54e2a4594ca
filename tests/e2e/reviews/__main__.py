"""A race as large as one likes: `python -m tests.e2e.reviews --photos 400 --reviewers 5`."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from infra.local.stage import ASSEMBLY, running_stage
from infra.synth import synthesize
from tests.e2e.reviews.filling import fill, review_everything
from tests.e2e.reviews.race import run_race


def main() -> int:
    """Exit code 0 only if nothing was decided twice and nothing was lost."""
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
        # Messages that were put off for a minute are dropped as well when they come back.
        drain_s = 5 if options.short else 75
        race = run_race(stage, reviewers=reviewers, seed=options.seed, drain_s=drain_s)
    sys.stdout.write((json.dumps(race.summary()) if options.json else race.table()) + "\n")
    for finding in race.findings:
        sys.stdout.write(f"{finding}\n")
    return 1 if race.doubles or race.lost or race.findings else 0


if __name__ == "__main__":
    sys.exit(main())
