"""Soak: the memory of every process of a stage after more and more photos.

`python -m infra.demo.soak --photos 1000 --photos 20000` starts a stage of its own, uploads small
drawn photos, at most `AT_ONCE` of them undecided at a time, and prints a JSON document: resident
bytes by process at each number of photos, their ratio, and whether every photo is accounted for.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from infra.demo.runner import WORKERS, settled_result
from infra.demo.samples import drawing
from infra.local.stage.stage import ASSEMBLY, running_stage
from infra.operations.outcomes import wait_for
from infra.operations.target import Target
from infra.operations.upload import key_of, upload_one
from infra.synthesis.synth import synthesize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

AT_ONCE = 40
_SIZE = (320, 240)
_CLASSES = ("bicycle", "motorcycle", "other")


def main() -> int:
    """Print the document; return 1 if a photo is not accounted for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--photos",
        type=int,
        action="append",
        required=True,
        help="measure after so many photos in all; may be given several times",
    )
    document = soak(sorted(parser.parse_args().photos))
    print(json.dumps(document, indent=2))  # noqa: T201 # the output of a command
    return 0 if document["conserved"] else 1


def soak(totals: Iterable[int]) -> dict[str, Any]:  # Any: JSON
    """Run one stage through all these numbers of photos and return what was measured.

    Raises: SynthFailed, NodeMissing, StageError.
    """
    assembly = synthesize("local", ASSEMBLY)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stage(assembly=assembly, workers=WORKERS) as stage,
    ):
        target, sent = Target.of_stage(stage), 0
        files = itertools.cycle(_photos(Path(folder)))
        started = time.monotonic()
        samples: list[dict[str, Any]] = []  # Any: JSON
        for total in totals:
            _send(target, files, range(sent, total))
            sent = total
            samples.append(
                {
                    "photos": total,
                    "seconds": round(time.monotonic() - started, 1),
                    "resident_mb": _resident_mb(stage.processes),
                }
            )
        result = settled_result(target)
    first, last = samples[0]["resident_mb"], samples[-1]["resident_mb"]
    return {
        "samples": samples,
        "ratio": {name: round(last[name] / first[name], 2) for name in first},
        "conserved": result.conserved and result.totals["received"] == sent,
    }


def _photos(folder: Path) -> list[Path]:
    files = []
    for number, name in enumerate(_CLASSES):
        content = io.BytesIO()
        drawing(name, f"soak-{number}", _SIZE).save(content, "JPEG", quality=75)
        files.append(folder / f"{name}.jpg")
        files[-1].write_bytes(content.getvalue())
    return files


def _send(target: Target, files: Iterator[Path], numbers: range) -> None:
    """Upload as photos of separate drivers, and wait for the outcomes after each `AT_ONCE`."""
    s3, bucket = target.session.client("s3"), target.output("IntakeBucket")
    for start in range(0, len(numbers), AT_ONCE):
        uploads = [
            upload_one(
                s3,
                bucket=bucket,
                path=file,
                key=key_of(f"soak-{number:06d}", f"{number:06d}", file),
            )
            for number, file in zip(numbers[start : start + AT_ONCE], files, strict=False)
        ]
        for _ in wait_for(target, uploads):
            pass


def _resident_mb(processes: Mapping[str, int]) -> dict[str, float]:
    """Return resident megabytes by process; `workers` are those of all Lambda functions."""
    resident = {name: _rss(psutil.Process(pid)) for name, pid in processes.items()}
    workers = psutil.Process(processes["emulator"]).children(recursive=True)
    return {**resident, "workers": round(sum(map(_rss, workers)), 1)}


def _rss(process: psutil.Process) -> float:
    try:
        return round(process.memory_info().rss / 1e6, 1)
    except psutil.Error:  # it has ended since it was listed
        return 0.0


if __name__ == "__main__":
    sys.exit(main())
