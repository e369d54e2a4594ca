"""Pushes every hostile file through the decoding and prints what became of them.

    python -m tests.hostile [FOLDER]

FOLDER holds other people's files; without it, the corpora beside the project where they are.
"""

import sys
import time
from collections import Counter
from itertools import chain
from pathlib import Path

from tests.conftest import ROOT
from tests.hostile.files import found, generated
from tests.hostile.runner import MEMORY_MB, TIME_S, Verdict, judge_all


def main() -> int:
    """0 where every file ended in one typed outcome, in time and in memory."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "corpora"
    others = found(folder) if folder.is_dir() else iter(())
    began = time.monotonic()
    verdicts = list(judge_all(chain(generated(), others)))
    say = sys.stdout.write
    for line in report(verdicts):
        say(line + "\n")
    say(f"{time.monotonic() - began:.0f} s in all\n")
    return 0 if all(verdict.harmless for verdict in verdicts) else 1


def report(verdicts: list[Verdict]) -> list[str]:
    """The table."""
    counts = Counter(verdict.outcome for verdict in verdicts)
    slowest = sorted(verdicts, key=lambda verdict: -verdict.seconds)[:5]
    largest = sorted(verdicts, key=lambda verdict: -verdict.memory_mb)[:5]
    harmful = [verdict for verdict in verdicts if not verdict.harmless]
    return [
        f"{len(verdicts)} files; limits {MEMORY_MB} MB and {TIME_S:.0f} s a file",
        *(f"{count:6} {outcome}" for outcome, count in counts.most_common()),
        *(f"slowest  {each.seconds:7.2f} s   {each.name}" for each in slowest),
        *(f"largest  {each.memory_mb:7} MB  {each.name}" for each in largest),
        *(f"HARMFUL  {each}" for each in harmful),
    ]


if __name__ == "__main__":
    sys.exit(main())
