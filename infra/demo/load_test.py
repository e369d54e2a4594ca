"""The morning: photos come steadily or in bursts for a while, and what that does is measured."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.demo.load_test_report import LoadSample, Plan, StreamReport
from infra.demo.runner import measured_stage, settled_verdict
from infra.operations.outcomes import final_outcomes, wait_for
from infra.operations.status import queue_depths
from infra.operations.upload import upload_one
from infra.operations.upload_key import key_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import boto3

    from infra.local.stage.stage import LocalStage
    from infra.operations.outcomes import Outcome
    from infra.operations.upload import SubmittedUpload

SAMPLE_S = 2.0
_ASKED_AT_A_TIME = 300  # the oldest that are waited for: a long queue must not become a long poll


def run_stream(
    files: tuple[Path, ...], plan: Plan, *, step: Callable[[str], None], moved: Callable[..., None]
) -> StreamReport:
    """Synthesize, start, feed, wait, check, take everything away again.

    Raises: SynthFailed, NodeMissing, StageError.
    """
    with measured_stage(step) as (stage, memory):
        step("Photos come")
        started = time.monotonic()
        with _Observer(stage, started, moved) as observer:
            behind_s = _feed(stage, files, plan, observer.uploaded, started)
        rest = wait_for(stage.session(), stage.outputs["PhotosTable"], observer.waiting())
        outcomes = (*observer.ended, *rest)
        seconds = time.monotonic() - started
        step("Checking that nothing was lost")
        verdict = settled_verdict(stage)
    return StreamReport(
        plan=plan,
        outcomes=outcomes,
        samples=tuple(observer.samples),
        verdict=verdict,
        behind_s=round(behind_s, 3),
        seconds=round(seconds, 3),
        peak_memory_mb=round(memory.peak_mb, 1),
    )


def _feed(
    stage: LocalStage,
    files: tuple[Path, ...],
    plan: Plan,
    uploaded: dict[str, SubmittedUpload],
    started: float,
) -> float:
    """Upload on time, and say by how much the last one was late."""
    s3, bucket = stage.session().client("s3"), stage.outputs["IntakeBucket"]
    late = 0.0
    for number, (due, file) in enumerate(
        zip(plan.due(), itertools.cycle(files), strict=False), start=1
    ):
        late = time.monotonic() - started - due
        time.sleep(max(0.0, -late))
        # A driver of its own each: no photo supersedes another.
        key = key_of(f"stream-{number:06d}", f"{number:06d}", file)
        upload = upload_one(s3, bucket=bucket, path=file, key=key)
        uploaded[upload.photo_id] = upload
    return max(0.0, late)


@dataclass
class _Observer:
    """Looks, beside the uploads, at what has ended and at what piles up."""

    stage: LocalStage
    started: float
    moved: Callable[..., None]
    uploaded: dict[str, SubmittedUpload] = field(default_factory=dict)
    ended: list[Outcome] = field(default_factory=list)
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
        """Uploads without an outcome so far, oldest first."""
        ended = {outcome.upload.photo_id for outcome in self.ended}
        return [each for name, each in list(self.uploaded.items()) if name not in ended]

    def _observe(self) -> None:
        session = self.stage.session()
        try:
            over = False
            while not over:
                over = self._over.wait(SAMPLE_S)
                self._look(session)
        except BaseException as error:  # noqa: BLE001 # raised again in the thread that waits
            self._failure = error

    def _look(self, session: boto3.Session) -> None:
        asked = {each.photo_id: each for each in self.waiting()[:_ASKED_AT_A_TIME]}
        self.ended += final_outcomes(session, self.stage.outputs["PhotosTable"], asked)
        uploaded = len(self.uploaded)
        self.samples.append(
            LoadSample(
                seconds=round(time.monotonic() - self.started, 1),
                uploaded=uploaded,
                in_flight=uploaded - len(self.ended),
                queues=queue_depths(self.stage),
            )
        )
        self.moved(uploaded, len(self.ended))
