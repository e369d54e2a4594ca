"""The main job on one machine: photos go in, and every one of them is accounted for."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra.demo.download_captures import Captures, collect_captures
from infra.demo.peak_memory import PeakMemory
from infra.local.stage.stage import ASSEMBLY, running_stage
from infra.operations.outcomes import Outcome, wait_for
from infra.operations.upload import SubmittedUpload, upload_all
from infra.synthesis.synth import synthesize
from monitoring.reconciliation.checker import ConservationResult, Violation, check
from monitoring.reconciliation.inventory_reader import Places, read_inventory

if TYPE_CHECKING:
    from infra.local.stage.stage import LocalStage

OUTPUT = Path(__file__).parents[2] / ".scones"
CAPTURES = OUTPUT / "demo" / "data-capture"
WORKERS = 2  # processes a function; each takes about 80 MB
SETTLE_S = 15.0  # what follows a status: the last message, the last capture file

Step = Callable[[str], None]
Moved = Callable[[int, int], None]  # uploaded so far, decided so far


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What became of every photo, and whether the promise of conservation held."""

    root: Path
    outcomes: tuple[Outcome, ...]  # in the order of the files
    verdict: ConservationResult
    captures: Captures
    seconds: float  # from the first upload to the last outcome
    peak_memory_mb: float

    @property
    def totals(self) -> dict[str, int]:
        """How many photos ended in which way."""
        counted = Counter(outcome.outcome for outcome in self.outcomes)
        return {"photos": len(self.outcomes), **dict(sorted(counted.items()))}

    @property
    def conserved(self) -> bool:
        """Every photo ended, and every record of it agrees."""
        return self.verdict.conserved and self.verdict.totals["received"] == len(self.outcomes)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What broke the promise, if anything did."""
        return self.verdict.violations


def run_demo(root: Path, files: tuple[Path, ...], *, step: Step, moved: Moved) -> DemoReport:
    """Synthesize, start, upload, wait, check, take everything away again.

    Raises: SynthFailed, NodeMissing, StageError.
    """
    with measured_stage(step) as (stage, memory):
        step("Photos go through the chain")
        started = time.monotonic()
        outcomes = _run_photos(stage, files, moved)
        seconds = time.monotonic() - started
        step("Checking that nothing was lost")
        verdict = settled_verdict(stage)
        classified = sum(outcome.confidence is not None for outcome in outcomes)
        captures = collect_captures(
            stage.session().client("s3"),
            bucket=stage.outputs["CaptureBucket"],
            folder=CAPTURES,
            at_least=classified,
        )
    return DemoReport(
        root=root,
        outcomes=outcomes,
        verdict=verdict,
        captures=captures,
        seconds=round(seconds, 3),
        peak_memory_mb=round(memory.peak_mb, 1),
    )


@contextmanager
def measured_stage(step: Step) -> Iterator[tuple["LocalStage", PeakMemory]]:
    """A stage of its own, of what is synthesized now, and the memory that all of it takes.

    Raises: SynthFailed, NodeMissing, StageError.
    """
    step("Synthesizing the Pipeline stack and packaging its functions")
    assembly = synthesize("local", ASSEMBLY)
    with PeakMemory() as memory:
        step("Starting the local stage and deploying the template")
        with running_stage(assembly=assembly, workers=WORKERS) as stage:
            yield stage, memory


def _run_photos(stage: "LocalStage", files: tuple[Path, ...], moved: Moved) -> tuple[Outcome, ...]:
    uploads: list[SubmittedUpload] = []
    s3 = stage.session().client("s3")
    for upload in upload_all(s3, bucket=stage.outputs["IntakeBucket"], files=files):
        uploads.append(upload)
        moved(len(uploads), 0)
    outcomes: dict[str, Outcome] = {}
    for outcome in wait_for(stage.session(), stage.outputs["PhotosTable"], uploads):
        outcomes[outcome.upload.photo_id] = outcome
        moved(len(uploads), len(outcomes))
    return tuple(outcomes[upload.photo_id] for upload in uploads)


def settled_verdict(stage: "LocalStage") -> ConservationResult:
    """A status comes before its message: give the last executions the time to end."""
    deadline = time.monotonic() + SETTLE_S
    session, places = stage.session(), Places.of_outputs(stage.outputs)
    while True:
        inventory = read_inventory(session, places, read_queues=True)
        running = "RUNNING" in inventory.executions.values()
        if not running or time.monotonic() > deadline:
            return check(inventory)
        time.sleep(0.3)
