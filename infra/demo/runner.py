"""The demo: send photos through a stage of its own, and account for every one."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.demo.download_captures import Captures, collect_captures
from infra.demo.peak_memory import PeakMemory
from infra.local.stage.stage import ASSEMBLY, running_stage
from infra.operations.outcomes import Outcome, wait_for
from infra.operations.target import Target
from infra.operations.upload import SubmittedUpload, upload_all
from infra.synthesis.synth import synthesize
from monitoring.reconciliation.checker import ConservationResult, check
from monitoring.reconciliation.inventory_reader import read_inventory

OUTPUT = Path(__file__).parents[2] / ".scones"
CAPTURES = OUTPUT / "demo" / "data-capture"
WORKERS = 2  # processes a function; each takes about 80 MB
SETTLE_S = 15.0  # for what follows a status: the last message, the last capture file

Step = Callable[[str], None]
Moved = Callable[[int, int], None]  # uploaded so far, decided so far


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """The outcome of every photo, and whether all are accounted for."""

    root: Path
    outcomes: tuple[Outcome, ...]  # in the order of the files
    conservation: ConservationResult
    captures: Captures
    seconds: float  # from the first upload to the last outcome
    peak_memory_mb: float

    @property
    def totals(self) -> dict[str, int]:
        """`photos`, and the number of photos by outcome."""
        counted = Counter(outcome.outcome for outcome in self.outcomes)
        return {"photos": len(self.outcomes), **dict(sorted(counted.items()))}

    @property
    def conserved(self) -> bool:
        """Whether every photo of the folder ended and all records of it agree."""
        result = self.conservation
        return result.conserved and result.totals["received"] == len(self.outcomes)


def run_demo(root: Path, files: tuple[Path, ...], *, step: Step, moved: Moved) -> DemoReport:
    """Start a stage, upload the files, wait, check, and stop it; `root` is the files' folder.

    `step` is called with each phase, `moved` with the photos uploaded and decided so far.

    Raises: SynthFailed, NodeMissing, StageError.
    """
    with measured_target(step) as (target, memory):
        step("Sending the photos through the pipeline")
        started = time.monotonic()
        outcomes = _run_photos(target, files, moved)
        seconds = time.monotonic() - started
        step("Checking that every photo is accounted for")
        conservation = settled_result(target)
        classified = sum(outcome.confidence is not None for outcome in outcomes)
        captures = collect_captures(
            target.session.client("s3"),
            bucket=target.output("CaptureBucket"),
            folder=CAPTURES,
            at_least=classified,
        )
    return DemoReport(
        root=root,
        outcomes=outcomes,
        conservation=conservation,
        captures=captures,
        seconds=round(seconds, 3),
        peak_memory_mb=round(memory.peak_mb, 1),
    )


@contextmanager
def measured_target(step: Step) -> Iterator[tuple[Target, PeakMemory]]:
    """Synthesize and start a stage for the block; measure the memory of all its processes.

    Raises: SynthFailed, NodeMissing, StageError.
    """
    step("Synthesizing the Pipeline stack and packaging its functions")
    assembly = synthesize("local", ASSEMBLY)
    with PeakMemory() as memory:
        step("Starting the local stage and deploying the template")
        with running_stage(assembly=assembly, workers=WORKERS) as stage:
            yield Target.of_stage(stage), memory


def _run_photos(target: Target, files: tuple[Path, ...], moved: Moved) -> tuple[Outcome, ...]:
    uploads: list[SubmittedUpload] = []
    for upload in upload_all(target, files):
        uploads.append(upload)
        moved(len(uploads), 0)
    outcomes: dict[str, Outcome] = {}
    for outcome in wait_for(target, uploads):
        outcomes[outcome.upload.photo_id] = outcome
        moved(len(uploads), len(outcomes))
    return tuple(outcomes[upload.photo_id] for upload in uploads)


def settled_result(target: Target) -> ConservationResult:
    """Check conservation once no execution runs, at most `SETTLE_S` from now.

    A photo has its status before its message is sent: the last executions need time to end.
    """
    deadline = time.monotonic() + SETTLE_S
    while True:
        inventory = read_inventory(target.session, target.places, read_queues=True)
        running = "RUNNING" in inventory.executions.values()
        if not running or time.monotonic() > deadline:
            return check(inventory)
        time.sleep(0.3)
