"""Speed of a local stage at its start and with photos: `python -m tests.benchmarks.stage`."""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from infra.demo.peak_memory import PeakMemory
from infra.demo.samples import draw_samples
from infra.local.stage.stage import ASSEMBLY, LocalStage, running_stage
from infra.operations.outcomes import wait_for
from infra.operations.target import Target
from infra.operations.upload import upload_all
from infra.synthesis.synth import synthesize
from tests.benchmarks.measurement import Measurements, run

TITLE = "A local stage: start, one photo at a time, a burst of photos"
SINGLES, BURST = 6, 500
SHORT_SINGLES, SHORT_BURST = 2, 8


def measure(*, short: bool) -> Measurements:
    """Return one row; the stage is synthesized and its functions are warm before it is timed."""
    singles, burst = (SHORT_SINGLES, SHORT_BURST) if short else (SINGLES, BURST)
    assembly = synthesize("local", ASSEMBLY)
    with tempfile.TemporaryDirectory() as folder, PeakMemory() as memory:
        draw_samples(Path(folder))
        photos = sorted(path for path in Path(folder).iterdir() if path.suffix == ".jpg")
        began = time.monotonic()
        with running_stage(assembly=assembly) as stage:
            start_s = time.monotonic() - began
            _decide(stage, photos[:2])  # warms up every function
            single_s = [_decide(stage, photos[place : place + 1])[0] for place in range(singles)]
            began = time.monotonic()
            _decide(stage, [photos[place % len(photos)] for place in range(burst)])
            burst_s = time.monotonic() - began
    return {
        "stage": {
            "start_s": start_s,
            "photo_median_s": statistics.median(single_s),
            "burst_photos": burst,
            "burst_photos_a_second": burst / burst_s,
            "peak_mb": memory.peak_mb,
        }
    }


def _decide(stage: LocalStage, files: Sequence[Path]) -> list[float]:
    """Return seconds from upload to outcome. Raises: RuntimeError if a photo has no outcome."""
    target = Target.of_stage(stage)
    uploads = list(upload_all(target, files))
    seconds = [outcome.seconds for outcome in wait_for(target, uploads)]
    decided = [value for value in seconds if value is not None]
    if len(decided) != len(files):
        raise RuntimeError(f"only {len(decided)} of {len(files)} photos have an outcome")
    return decided


if __name__ == "__main__":
    run(measure, TITLE)
