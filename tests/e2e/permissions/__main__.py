"""Tries every permission of the functions and records the behaviour that is lost without it.

`python -m tests.e2e.permissions` goes on where an earlier run has stopped; with `--again` it
tries every permission anew. It ends with the number of permissions that no behaviour needs.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from infra.synthesis.synth import ROOT, synthesize
from tests.e2e.permissions.trial_stage import TemporaryFolders, trial_stage_of
from tests.e2e.permissions.trials import lost_behaviour, to_try
from tests.infra.permission_trials import key_of, record, recorded
from tests.infra.template import Template


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--again", action="store_true", help="try every permission anew")
    parser.add_argument("--only", default="", help="only permissions with this text")
    arguments = parser.parse_args()
    template = Template.load(
        synthesize("local", ROOT / ".scones" / "cdk.out.local"), "local", "Pipeline"
    )
    with (
        tempfile.TemporaryDirectory(prefix="scones-permissions-") as base,
        trial_stage_of(TemporaryFolders(Path(base))) as trial_stage,
    ):
        permissions = to_try(trial_stage, template)
        known = recorded()
        results = {
            key: known[key] for key in map(key_of, (p.grant for p in permissions)) if key in known
        }
        for permission in permissions:
            key = key_of(permission.grant)
            if arguments.only not in key or (results.get(key) and not arguments.again):
                continue
            results[key] = lost_behaviour(trial_stage, permission, first=known.get(key, ""))
            record(results)
            print(f"{key}: {results[key] or 'NOTHING IS LOST'}", flush=True)  # noqa: T201 # progress
    survivors = sum(not lost for lost in results.values())
    print(f"{len(results)} permissions tried, {survivors} without a lost behaviour")  # noqa: T201 # its result
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
