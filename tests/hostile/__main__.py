"""Decodes every hostile file and prints the outcomes.

    python -m tests.hostile [FOLDER] [--generated] [--short] [--json]

FOLDER holds files from elsewhere; by default, the corpora beside the project if they exist.
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
from tests.hostile.files import File, files_in, generated, valid_pictures
from tests.hostile.runner import MEMORY_MB, TIME_S, Decoding, decode_all

CORPORA = ROOT.parent / "shared" / "corpora"


def main() -> int:
    """Return 0 if every file had a valid outcome within the limits of time and memory, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=CORPORA)
    parser.add_argument("--generated", action="store_true", help="only the project's own files")
    parser.add_argument("--short", action="store_true", help="only pictures that are not damaged")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    began = time.monotonic()
    own_files = valid_pictures().items() if options.short else generated()
    others = () if options.generated or options.short else _other_files(options.folder)
    decodings = list(decode_all(chain(own_files, others)))
    if options.json:
        lines = [json.dumps(summary(decodings), indent=2)]
    else:
        lines = [*report(decodings), f"{time.monotonic() - began:.0f} s in all"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(decoding.is_harmless for decoding in decodings) else 1


def _other_files(folder: Path) -> Iterator[File]:
    return files_in(folder) if folder.is_dir() else iter(())


def summary(decodings: list[Decoding]) -> dict[str, float]:
    """Return the figures of the table: counts, seconds and megabytes."""
    return {
        "files": len(decodings),
        "harmful": sum(not decoding.is_harmless for decoding in decodings),
        "slowest_s": max(decoding.seconds for decoding in decodings),
        "largest_mb": max(decoding.memory_mb for decoding in decodings),
    }


def report(decodings: list[Decoding]) -> list[str]:
    """Return the lines of the table."""
    counts = Counter(decoding.outcome for decoding in decodings)
    slowest = sorted(decodings, key=lambda decoding: -decoding.seconds)[:5]
    largest = sorted(decodings, key=lambda decoding: -decoding.memory_mb)[:5]
    harmful = [decoding for decoding in decodings if not decoding.is_harmless]
    return [
        f"{len(decodings)} files; limits {MEMORY_MB} MB and {TIME_S:.0f} s a file",
        *(f"{count:6} {outcome}" for outcome, count in counts.most_common()),
        *(f"slowest  {decoding.seconds:7.2f} s   {decoding.name}" for decoding in slowest),
        *(f"largest  {decoding.memory_mb:7} MB  {decoding.name}" for decoding in largest),
        *(f"HARMFUL  {decoding}" for decoding in harmful),
    ]


if __name__ == "__main__":
    sys.exit(main())
