"""Peak memory of this process and all below it."""

import threading
from types import TracebackType
from typing import Self

import psutil

SAMPLE_S = 0.5


class PeakMemory:
    """Samples the resident memory while the block runs; `peak_mb` is in 10^6 bytes."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="peak-memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _sample(self) -> None:
        this = psutil.Process()
        while not self._is_over.wait(SAMPLE_S):
            total = sum(_resident(process) for process in (this, *this.children(recursive=True)))
            self.peak_mb = max(self.peak_mb, total / 1e6)


def _resident(process: psutil.Process) -> int:
    """Return resident bytes; pages that processes share count for each of them."""
    try:
        resident: int = process.memory_info().rss
    except psutil.Error:  # it has ended since it was listed
        return 0
    return resident
