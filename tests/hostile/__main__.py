"""Pushes every hostile file through the decoding and prints what became of them.

    python -m tests.hostile [FOLDER] [--generated] [--short] [--json]

FOLDER holds other people's files; without it, the corpora beside the project where they are.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.conftest import ROOT
from tests.hostile.files import File, found, generated, sound_pictures
from tests.hostile.runner import MEMORY_MB, TIME_S, Verdict, judge_all

CORPORA = ROOT.parent / "shared" / "corpora"


def main() -> int:
    """0 where every file ended in one typed outcome, in time and in memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=CORPORA)
    parser.add_argument("--generated", action="store_true", help="only the files made here")
    parser.add_argument("--short", action="store_true", help="the undamaged pictures only")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    began = time.monotonic()
    made_here = sound_pictures().items() if options.short else generated()
    others = () if options.generated or options.short else _of_others(options.folder)
    verdicts = list(judge_all(chain(made_here, others)))
    if options.json:
        lines = [json.dumps(summary(verdicts), indent=2)]
    else:
        lines = [*report(verdicts), f"{time.monotonic() - began:.0f} s in all"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(verdict.harmless for verdict in verdicts) else 1


def _of_others(folder: Path) -> Iterator[File]:
    return found(folder) if folder.is_dir() else iter(())


def summary(verdicts: list[Verdict]) -> dict[str, float]:
    """The table's figures."""
    return {
        "files": len(verdicts),
        "harmful": sum(not verdict.harmless for verdict in verdicts),
        "slowest_s": max(verdict.seconds for verdict in verdicts),
        "largest_mb": max(verdict.memory_mb for verdict in verdicts),
    }


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
