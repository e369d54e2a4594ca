"""The load test: upload photos steadily or in bursts, and measure latencies and queues."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.demo.load_test_report import LoadSample, LoadTestReport, Plan
from infra.demo.runner import measured_target, settled_result
from infra.operations.outcomes import final_outcomes, wait_for
from infra.operations.status import queue_depths
from infra.operations.upload import key_of, upload_one

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.operations.outcomes import Outcome
    from infra.operations.target import Target
    from infra.operations.upload import SubmittedUpload

SAMPLE_S = 2.0
_ROWS_A_POLL = 300  # the oldest that have no outcome: a long queue must not make a long poll


def run_load_test(
    files: tuple[Path, ...], plan: Plan, *, step: Callable[[str], None], moved: Callable[..., None]
) -> LoadTestReport:
    """Start a stage, upload the files again and again as planned, wait, check, and stop it.

    `step` is called with each phase, `moved` with the photos uploaded and decided so far.

    Raises: SynthFailed, NodeMissing, StageError.
    """
    with measured_target(step) as (target, memory):
        step("Uploading photos")
        started = time.monotonic()
        with _Observer(target, started, moved) as observer:
            behind_s = _upload_on_time(target, files, plan, observer.uploaded, started)
        rest = wait_for(target, observer.waiting())
        outcomes = (*observer.outcomes, *rest)
        seconds = time.monotonic() - started
        step("Checking that every photo is accounted for")
        conservation = settled_result(target)
    return LoadTestReport(
        plan=plan,
        outcomes=outcomes,
        samples=tuple(observer.samples),
        conservation=conservation,
        behind_s=round(behind_s, 3),
        seconds=round(seconds, 3),
        peak_memory_mb=round(memory.peak_mb, 1),
    )


def _upload_on_time(
    target: Target,
    files: tuple[Path, ...],
    plan: Plan,
    uploaded: dict[str, SubmittedUpload],
    started: float,
) -> float:
    """Upload at the planned times; return the delay of the last upload in seconds."""
    s3, bucket = target.session.client("s3"), target.output("IntakeBucket")
    late = 0.0
    for number, (due, file) in enumerate(
        zip(plan.due(), itertools.cycle(files), strict=False), start=1
    ):
        late = time.monotonic() - started - due
        time.sleep(max(0.0, -late))
        # A separate driver for each: no photo supersedes another.
        key = key_of(f"stream-{number:06d}", f"{number:06d}", file)
        upload = upload_one(s3, bucket=bucket, path=file, key=key)
        uploaded[upload.photo_id] = upload
    return max(0.0, late)


@dataclass
class _Observer:
    """Reads outcomes and queue lengths in a thread beside the uploads."""

    target: Target
    started: float
    moved: Callable[..., None]
    uploaded: dict[str, SubmittedUpload] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    samples: list[LoadSample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._observe, name="observer", daemon=True)

    def __enter__(self) -> _Observer:
        self._thread.start()
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._failure and not failed:
            raise self._failure

    def waiting(self) -> list[SubmittedUpload]:
        """Return the uploads without an outcome so far, oldest first."""
        ended = {outcome.upload.photo_id for outcome in self.outcomes}
        return [upload for name, upload in list(self.uploaded.items()) if name not in ended]

    def _observe(self) -> None:
        try:
            over = False
            while not over:
                over = self._over.wait(SAMPLE_S)
                self._sample()
        except BaseException as error:  # noqa: BLE001 # raised again in the thread that waits
            self._failure = error

    def _sample(self) -> None:
        oldest = {upload.photo_id: upload for upload in self.waiting()[:_ROWS_A_POLL]}
        self.outcomes += final_outcomes(self.target, oldest)
        uploaded = len(self.uploaded)
        self.samples.append(
            LoadSample(
                seconds=round(time.monotonic() - self.started, 1),
                uploaded=uploaded,
                in_flight=uploaded - len(self.outcomes),
                queues=queue_depths(self.target),
            )
        )
        self.moved(uploaded, len(self.outcomes))
