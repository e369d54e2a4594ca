"""`make doctor-trials`: the long form of the trials; prints the counts."""

import argparse
import logging
import sys

from tests.infra.operations.doctor.trials import run_trials


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sound", type=int, default=200, help="sound stages")
    parser.add_argument("--rounds", type=int, default=5, help="times that each defect is planted")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    result = run_trials(rounds=options.rounds, sound=options.sound, seed=options.seed)
    sys.stdout.write(
        f"planted defects found: {result.defects_right} of {result.defects}\n"
        f"sound stages with a finding: {result.sound_with_findings} of {result.sound}\n"
    )
    sys.stdout.writelines(f"{line}\n" for line in result.wrong)
    return 0 if result.is_right else 1


if __name__ == "__main__":
    raise SystemExit(main())
