"""Sends files to the decoding process, and starts another process if a file kills it."""

import contextlib
import json
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from infra.function_specs import FUNCTIONS
from tests.conftest import ROOT

MEMORY_MB = next(spec.memory_mb for spec in FUNCTIONS if spec.name == "serialize")
TIME_S = 10.0
REASONS = frozenset({"accepted", "empty", "not_a_photo", "too_large", "corrupt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """The result of decoding one file."""

    name: str
    outcome: str  # of REASONS, or "crash" or "hang"
    seconds: float
    memory_mb: int

    @property
    def is_harmless(self) -> bool:
        """Whether the outcome is valid, in time and within the function's memory."""
        in_bounds = self.seconds <= TIME_S and self.memory_mb <= MEMORY_MB
        return self.outcome in REASONS and in_bounds


class Decoder:
    """One decoding process; closes with the context."""

    def __init__(self) -> None:
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def decode(self, name: str, data: bytes) -> Decoding:
        """Decode one file; no file makes this raise."""
        try:
            self._send(data)
            line = self._lines.get(timeout=TIME_S)
        except queue.Empty:
            return self._lost(name, "hang")
        except OSError:
            return self._lost(name, "crash")
        if not line:
            return self._lost(name, "crash")
        return Decoding(name=name, **json.loads(line))

    def _send(self, data: bytes) -> None:
        assert self._child.stdin
        self._child.stdin.write(struct.pack(">I", len(data)) + data)
        self._child.stdin.flush()

    def _lost(self, name: str, outcome: str) -> Decoding:
        self._stop()
        self._start()
        return Decoding(name=name, outcome=outcome, seconds=TIME_S, memory_mb=0)

    def _start(self) -> None:
        command = [sys.executable, "-m", "tests.hostile.child"]
        self._child = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _stop(self) -> None:
        self._child.kill()
        self._child.wait()
        self._reader.join()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe
            with contextlib.suppress(OSError):  # data that was not sent is dropped
                pipe.close()

    def _read(self) -> None:
        assert self._child.stdout
        for line in self._child.stdout:
            self._lines.put(line)
        self._lines.put(b"")  # the process has ended


def decode_all(files: Iterable[tuple[str, bytes]]) -> Iterator[Decoding]:
    """Decode files in order."""
    with Decoder() as decoder:
        for name, data in files:
            yield decoder.decode(name, data)
