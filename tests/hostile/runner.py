"""Feeds files to the decoding process, and starts another when one killed it."""

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

MEMORY_MB = next(each.memory_mb for each in FUNCTIONS if each.name == "serialize")
TIME_S = 10.0
REASONS = frozenset({"accepted", "empty", "not_a_photo", "too_large", "corrupt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one file."""

    name: str
    outcome: str  # of REASONS, or "crash" or "hang"
    seconds: float
    memory_mb: int

    @property
    def harmless(self) -> bool:
        """One typed outcome, in time and within the function's memory."""
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

    def judge(self, name: str, data: bytes) -> Verdict:
        """Never raises on account of the file."""
        try:
            self._send(data)
            answer = self._answers.get(timeout=TIME_S)
        except queue.Empty:
            return self._lost(name, "hang")
        except OSError:
            return self._lost(name, "crash")
        if not answer:
            return self._lost(name, "crash")
        return Verdict(name=name, **json.loads(answer))

    def _send(self, data: bytes) -> None:
        assert self._child.stdin
        self._child.stdin.write(struct.pack(">I", len(data)) + data)
        self._child.stdin.flush()

    def _lost(self, name: str, outcome: str) -> Verdict:
        self._stop()
        self._start()
        return Verdict(name=name, outcome=outcome, seconds=TIME_S, memory_mb=0)

    def _start(self) -> None:
        command = [sys.executable, "-m", "tests.hostile.child"]
        self._child = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _stop(self) -> None:
        self._child.kill()
        self._child.wait()
        self._listener.join()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe
            with contextlib.suppress(OSError):  # what was not yet sent is nobody's
                pipe.close()

    def _listen(self) -> None:
        assert self._child.stdout
        for line in self._child.stdout:
            self._answers.put(line)
        self._answers.put(b"")  # it is gone


def judge_all(files: Iterable[tuple[str, bytes]]) -> Iterator[Verdict]:
    """A verdict for each file, in order."""
    with Decoder() as decoder:
        for name, data in files:
            yield decoder.judge(name, data)
