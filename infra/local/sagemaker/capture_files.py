"""Writes capture files to the emulated S3 in a thread of its own, so that no invocation waits."""

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
    """The method of boto3's S3 client that is called."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> object:  # noqa: N803 # boto3's names
        """Write one object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushPolicy:
    """A file is closed after a time or a size, whichever comes first; SageMaker takes minutes."""

    after_s: float = 1.0
    after_bytes: int = 1024 * 1024
    max_queued: int = 10_000  # limits the memory used while the store is down


class CaptureFiles:
    """Collects invocations and writes them as files from its own thread.

    Records that cannot be written are dropped, counted and logged: capture on SageMaker is lossy
    too.
    """

    def __init__(
        self,
        store: ObjectStore,
        settings: CaptureSettings,
        *,
        endpoint: str,
        variant: str,
        flush_policy: FlushPolicy = FlushPolicy(),
    ) -> None:
        self._store = store
        self._settings = settings
        self._endpoint = endpoint
        self._variant = variant
        self._flush_policy = flush_policy
        self._queue: queue.Queue[Invocation | None] = queue.Queue(flush_policy.max_queued)
        self._lines: list[str] = []
        self._size_bytes = 0
        self._started: datetime | None = None
        self._due_s = 0.0
        self.written = 0
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def add(self, invocation: Invocation) -> None:
        """Queue an invocation to be captured; never blocks."""
        try:
            self._queue.put_nowait(invocation)
        except queue.Full:
            self._lose(1, "queue_full")

    def close(self, timeout_s: float) -> None:
        """Write all queued records and stop, within `timeout_s` seconds."""
        self._queue.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            try:
                invocation = self._queue.get(timeout=self._wait_s())
            except queue.Empty:
                self._flush()
                continue
            if invocation is None:
                self._flush()
                return
            self._collect(invocation)

    def _wait_s(self) -> float | None:
        return max(0.0, self._due_s - time.monotonic()) if self._lines else None

    def _collect(self, invocation: Invocation) -> None:
        if self._started is not None and _hour(self._started) != _hour(invocation.at):
            self._flush()  # a file belongs to the hour in its key
        if self._started is None:
            self._started = invocation.at
            self._due_s = time.monotonic() + self._flush_policy.after_s
        line = record_line(invocation, self._settings)
        self._lines.append(line)
        self._size_bytes += len(line)
        if self._size_bytes >= self._flush_policy.after_bytes or time.monotonic() >= self._due_s:
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
        except Exception:  # no failure of capture may affect invocations
            log.exception("capture_file_lost")
            self._lose(count, "not_written")
        else:
            self.written += count

    def _lose(self, count: int, reason: str) -> None:
        self.lost += count
        log.warning("captures_lost count=%d reason=%s", count, reason)


def _hour(at: datetime) -> str:
    return at.strftime("%Y%m%d%H")
