"""What is known of the system that `scones up` keeps running: one small file, and one lock.

The supervisor holds the lock as long as it lives, however it dies: who gets the lock may start a
new one. The file says where everything is; it is believed only if the process that it names, by
number and by start time, is alive.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from infra.local.errors import NotRunning
from infra.local.process.processes import ROOT
from infra.local.stage.stage import LocalStage

if TYPE_CHECKING:
    from collections.abc import Mapping

STARTING, READY, FAILED = "starting", "ready", "failed"
_SAME_START_S = 1.0  # as far as two readings of one process's start time may lie apart


@dataclass(frozen=True, slots=True, kw_only=True)
class UpState:
    """The system as its supervisor last described it."""

    status: str
    pid: int
    pid_started: float  # with the number, the process; a number alone is used again
    since: str  # ISO 8601, UTC
    message: str = ""  # why it failed
    endpoint_url: str = ""
    runtime_url: str = ""
    page_url: str = ""
    api_url: str = ""
    drop_folder: str = ""
    keep: bool = False
    outputs: Mapping[str, str] = field(default_factory=dict)
    processes: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_alive(self) -> bool:
        """Whether the very supervisor that wrote this runs."""
        return is_running(self.pid, started=self.pid_started)

    def stage(self) -> LocalStage:
        """The stage, for clients of it."""
        return LocalStage(
            endpoint_url=self.endpoint_url,
            runtime_url=self.runtime_url,
            outputs=self.outputs,
            processes=self.processes,
            api_url=self.api_url,
        )


def home() -> Path:
    """Where the system of `scones up` has its files; another folder is another system."""
    chosen = os.environ.get("SCONES_UP_DIR")
    return Path(chosen).absolute() if chosen else ROOT / ".scones" / "up"


def log_of(folder: Path) -> Path:
    """Where the supervisor, and nobody else, writes what happens."""
    return folder / "log"


def is_running(pid: int, *, started: float | None = None) -> bool:
    """Whether a process lives, and is the one that started then."""
    try:
        process = psutil.Process(pid)
        born = process.create_time()
        dead = process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
    return not dead and (started is None or abs(born - started) < _SAME_START_S)


def read_state(folder: Path) -> UpState | None:
    """The state as it was written; None where there is none, or none that can be read."""
    try:
        return UpState(**json.loads((folder / "state.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_state(folder: Path, state: UpState) -> None:
    """Replace the state in one step, so that no reader sees half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"state.{os.getpid()}"
    unfinished.write_text(json.dumps(dataclasses.asdict(state), indent=2), encoding="utf-8")
    unfinished.replace(folder / "state.json")


def forget_state(folder: Path) -> None:
    """Nothing runs, and nothing is to be said of it."""
    (folder / "state.json").unlink(missing_ok=True)


def running_state(folder: Path) -> UpState:
    """The state of a system that runs and is ready.

    Raises:
        NotRunning: it does not; the message says what is known and what to do.
    """
    state = read_state(folder)
    if state is None:
        raise NotRunning("nothing is running: start it with `scones up`.")
    if state.status == FAILED:
        reason = state.message.partition("\n")[0]
        raise NotRunning(f"it stopped by itself: {reason} Log: {log_of(folder)}. Run `scones up`.")
    if not state.is_alive:
        raise NotRunning(
            f"its supervisor was killed. Log: {log_of(folder)}. Start anew with `scones up`."
        )
    if state.status == STARTING:
        raise NotRunning("it is starting; `scones up` waits until it is ready.")
    return state


def take_lock(folder: Path) -> int | None:
    """The lock, as an inheritable descriptor; None if somebody holds it. Beside the folder, since
    the folder goes away."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock
    os.close(lock)
    return None
