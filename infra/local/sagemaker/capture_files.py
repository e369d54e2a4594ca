"""Writes capture files to the emulated S3, beside the invocations and never in their way."""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from infra.local.sagemaker.capture_lines import CaptureSettings, Invocation, file_key, record_line

if TYPE_CHECKING:
    from datetime import datetime

log = logging.getLogger(__name__)


class ObjectStore(Protocol):
    """What is needed of boto3's S3 client."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> object:  # noqa: N803 # boto3's names
        """Write one object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flushing:
    """When a file is closed: whatever comes first. SageMaker takes minutes; a demo should not."""

    after_s: float = 1.0
    after_bytes: int = 1024 * 1024
    queued_at_most: int = 10_000  # a store that is down must not cost memory without end


class CaptureFiles:
    """Collects invocations and writes them as files from its own thread.

    What cannot be written is dropped, counted and logged, as capture on SageMaker is lossy, too.
    """

    def __init__(
        self,
        store: ObjectStore,
        settings: CaptureSettings,
        *,
        endpoint: str,
        variant: str,
        flushing: Flushing = Flushing(),
    ) -> None:
        self._store = store
        self._settings = settings
        self._endpoint = endpoint
        self._variant = variant
        self._flushing = flushing
        self._queue: queue.Queue[Invocation | None] = queue.Queue(flushing.queued_at_most)
        self._lines: list[str] = []
        self._size_bytes = 0
        self._started: datetime | None = None
        self._due_s = 0.0
        self.written = 0
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def add(self, invocation: Invocation) -> None:
        """Capture an invocation some time soon."""
        try:
            self._queue.put_nowait(invocation)
        except queue.Full:
            self._lose(1, "queue_full")

    def close(self, timeout_s: float) -> None:
        """Write what is left and stop."""
        self._queue.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            try:
                invocation = self._queue.get(timeout=self._patience_s())
            except queue.Empty:
                self._flush()
                continue
            if invocation is None:
                self._flush()
                return
            self._collect(invocation)

    def _patience_s(self) -> float | None:
        return max(0.0, self._due_s - time.monotonic()) if self._lines else None

    def _collect(self, invocation: Invocation) -> None:
        if self._started is not None and _hour(self._started) != _hour(invocation.at):
            self._flush()  # a file belongs to the hour in its key
        if self._started is None:
            self._started = invocation.at
            self._due_s = time.monotonic() + self._flushing.after_s
        line = record_line(invocation, self._settings)
        self._lines.append(line)
        self._size_bytes += len(line)
        if self._size_bytes >= self._flushing.after_bytes or time.monotonic() >= self._due_s:
            self._flush()

    def _flush(self) -> None:
        if self._started is None:
            return
        key = file_key(
            prefix=self._settings.prefix,
            endpoint=self._endpoint,
            variant=self._variant,
            at=self._started,
            file_id=str(uuid.uuid4()),
        )
        body = "".join(f"{line}\n" for line in self._lines).encode()
        count = len(self._lines)
        self._lines, self._size_bytes, self._started = [], 0, None
        try:
            self._store.put_object(
                Bucket=self._settings.bucket,
                Key=key,
                Body=body,
                ContentType="application/x-jsonlines",
            )
        except Exception:  # whatever it is, the invocations went well and must stay so
            log.exception("capture_file_lost")
            self._lose(count, "not_written")
        else:
            self.written += count

    def _lose(self, count: int, reason: str) -> None:
        self.lost += count
        log.warning("captures_lost count=%d reason=%s", count, reason)


def _hour(at: datetime) -> str:
    return at.strftime("%Y%m%d%H")
