"""The state of the system that `scones up` keeps running: one small file, and one lock.

The supervisor holds the lock while it lives, and the system releases it however the supervisor
ends: a process that gets the lock may start a new one. The file holds all addresses; it is valid
only while the process that it names, by number and by start time, is alive.
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
_SAME_START_S = 1.0  # two readings of one process's start time differ by less

# 1: before the outputs and addresses were renamed; such a file does not hold its format.
STATE_FORMAT = 2
OTHER_BUILD = "another build started the running system: run `scones down`, then `scones up`."


@dataclass(frozen=True, slots=True, kw_only=True)
class UpState:
    """The system as its supervisor last described it. A URL is empty where it is not known."""

    status: str
    pid: int
    pid_started: float  # a number alone may belong to a later process
    since: str  # ISO 8601, UTC
    state_format: int = STATE_FORMAT
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
        """Whether the supervisor that wrote this state runs."""
        return is_running(self.pid, started=self.pid_started)

    def stage(self) -> LocalStage:
        """Return the stage, to make clients of."""
        return LocalStage(
            endpoint_url=self.endpoint_url,
            runtime_url=self.runtime_url,
            outputs=self.outputs,
            processes=self.processes,
            api_url=self.api_url,
        )


_FIELDS = {attribute.name for attribute in dataclasses.fields(UpState)}


def home() -> Path:
    """Return the folder of the system of `scones up`; another folder is another system."""
    chosen = os.environ.get("SCONES_UP_DIR")
    return Path(chosen).absolute() if chosen else ROOT / ".scones" / "up"


def log_of(folder: Path) -> Path:
    """Return the log file, which only the supervisor writes."""
    return folder / "log"


def is_running(pid: int, *, started: float | None = None) -> bool:
    """Whether a process lives and, if `started` is given (Unix time), started at that time."""
    try:
        process = psutil.Process(pid)
        born = process.create_time()
        dead = process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
    return not dead and (started is None or abs(born - started) < _SAME_START_S)


def read_state(folder: Path) -> UpState | None:
    """Return the state in the file, or None if the file is missing or cannot be read.

    A file of another build has another `state_format`; fields that this build lacks are left out.
    """
    try:
        content = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        known = {name: content[name] for name in _FIELDS & content.keys()}
        return UpState(**{"state_format": 1, **known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def write_state(folder: Path, state: UpState) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"state.{os.getpid()}"
    unfinished.write_text(json.dumps(dataclasses.asdict(state), indent=2), encoding="utf-8")
    unfinished.replace(folder / "state.json")


def forget_state(folder: Path) -> None:
    """Remove the file: no system runs, and none has failed."""
    (folder / "state.json").unlink(missing_ok=True)


def running_state(folder: Path) -> UpState:
    """Return the state of a system that runs and is ready.

    Raises:
        NotRunning: no such system; the message states the reason and what to do.
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
    if state.state_format != STATE_FORMAT:
        raise NotRunning(OTHER_BUILD)
    if state.status == STARTING:
        raise NotRunning("it is starting; `scones up` waits until it is ready.")
    return state


def take_lock(folder: Path) -> int | None:
    """Take the lock and return its inheritable descriptor, or None if another process holds it."""
    # The lock file is beside the folder, because `scones down` removes the folder.
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock
    os.close(lock)
    return None
