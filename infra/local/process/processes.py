"""The processes of the stage: started in a clean environment, awaited, stopped."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.errors import ProcessFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from infra.local.process.bound_socket import BoundSocket

ROOT = Path(__file__).resolve().parents[3]

# What a process may see of the environment of whoever started it: enough for the interpreter.
# Not AWS_*, not proxies, not PYTHON*: they would change what the system does on this one machine.
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_STOP_S = 6.0
_LOG_TAIL_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """A process of the stage before it is started: `python -m module --listener FD arguments`."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path  # its temporary files and log; it removes them when its parent is gone
    listener: BoundSocket
    health_path: str
    stop_within_s: float = _STOP_S

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.directory / "log"


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """A started part."""

    part: ProcessSpec
    process: subprocess.Popen[bytes] = field(repr=False)

    def await_health(self, timeout_s: float) -> None:
        """Return once the part answers that it is ready.

        Raises:
            ProcessFailed: it died, or did not get ready in time.
        """
        deadline = time.monotonic() + timeout_s
        while not self._is_healthy():
            if self.process.poll() is not None:
                raise ProcessFailed(self.part.name, "ended while starting", self._log_tail())
            if time.monotonic() > deadline:
                what = f"was not ready after {timeout_s:.0f} s"
                raise ProcessFailed(self.part.name, what, self._log_tail())
            time.sleep(0.05)

    def failure(self) -> ProcessFailed | None:
        """Why it runs no longer; None while it does."""
        code = self.process.poll()
        if code is None:
            return None
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return ProcessFailed(self.part.name, how, self._log_tail())

    def stop(self) -> None:
        """Let it end by itself, then make sure that nothing of its process group is left."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.part.stop_within_s)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.part.listener.port, timeout=2)
        try:
            connection.request("GET", self.part.health_path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            text = self.part.log.read_text(errors="replace")
            return text[-_LOG_TAIL_CHARACTERS:].strip()
        return ""


@contextlib.contextmanager
def run_process(part: ProcessSpec) -> Iterator[RunningProcess]:
    """Start a part, without waiting until it is ready, and stop it in the end."""
    part.directory.mkdir(parents=True)
    descriptor = part.listener.socket.fileno()
    command = [sys.executable, "-m", part.module, "--listener", str(descriptor), *part.arguments]
    with part.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 # our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=_environment(part),
            pass_fds=(descriptor,),
            process_group=0,  # a Ctrl-C in the terminal is for us: the parts end in our order
        )
    try:
        part.listener.socket.close()  # when the part is dead, clients are refused and do not hang
        yield RunningProcess(part, process)
    finally:
        RunningProcess(part, process).stop()


def _environment(part: ProcessSpec) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        **inherited,
        "HOME": str(part.directory),  # no ~/.aws, no ~/.local
        "TMPDIR": str(part.directory),
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        **part.environment,
    }
