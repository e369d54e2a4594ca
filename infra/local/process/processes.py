"""Starts the processes of the stage in a clean environment, awaits and stops them."""

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

# The variables that a process inherits: enough for the interpreter. Not AWS_*, not proxies, not
# PYTHON*: they would change what the system does on this one machine.
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
STOP_WITHIN_S = 6.0
_LOG_TAIL_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """How to start a process of the stage: `python -m module --socket-fd FD arguments`."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path  # its temporary files and log; the process removes it when it ends
    bound_socket: BoundSocket
    health_path: str
    stop_within_s: float = STOP_WITHIN_S

    @property
    def log(self) -> Path:
        """The file that standard output and standard error are written to."""
        return self.directory / "log"


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """A process that `run_process` has started."""

    spec: ProcessSpec
    process: subprocess.Popen[bytes] = field(repr=False)

    def await_health(self, timeout_s: float) -> None:
        """Return when the process answers its health check with 200.

        Raises:
            ProcessFailed: it ended, or was not ready within `timeout_s` seconds.
        """
        deadline = time.monotonic() + timeout_s
        while not self._is_healthy():
            if self.process.poll() is not None:
                raise ProcessFailed(self.spec.name, "ended while starting", self._log_tail())
            if time.monotonic() > deadline:
                what = f"was not ready after {timeout_s:.0f} s"
                raise ProcessFailed(self.spec.name, what, self._log_tail())
            time.sleep(0.05)

    def failure(self) -> ProcessFailed | None:
        """Return why the process ended, or None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return ProcessFailed(self.spec.name, how, self._log_tail())

    def stop(self) -> None:
        """Ask the process to end, then kill what is left of its process group."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.spec.stop_within_s)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.spec.bound_socket.port, timeout=2)
        try:
            connection.request("GET", self.spec.health_path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            text = self.spec.log.read_text(errors="replace")
            return text[-_LOG_TAIL_CHARACTERS:].strip()
        return ""


@contextlib.contextmanager
def run_process(spec: ProcessSpec) -> Iterator[RunningProcess]:
    """Run a process while the block lasts. It may not be ready yet: see `await_health`."""
    spec.directory.mkdir(parents=True)
    descriptor = spec.bound_socket.socket.fileno()
    command = [sys.executable, "-m", spec.module, "--socket-fd", str(descriptor), *spec.arguments]
    with spec.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 # our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=_environment(spec),
            pass_fds=(descriptor,),
            process_group=0,  # Ctrl-C in the terminal reaches only us: we stop them in order
        )
    try:
        # Without our copy, clients of a dead process are refused and do not hang.
        spec.bound_socket.socket.close()
        yield RunningProcess(spec, process)
    finally:
        RunningProcess(spec, process).stop()


def _environment(spec: ProcessSpec) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        **inherited,
        "HOME": str(spec.directory),  # no ~/.aws, no ~/.local
        "TMPDIR": str(spec.directory),
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime would report usage to its maker
        **spec.environment,
    }
