"""Starts and stops the system that runs in the background; both are idempotent."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.errors import ProcessFailed, StageError
from infra.local.process.processes import ROOT
from infra.local.stage.stage import ASSEMBLY
from infra.local.stage.state_file import (
    FAILED,
    OTHER_BUILD,
    READY,
    STATE_FORMAT,
    UpState,
    forget_state,
    log_of,
    read_state,
    take_lock,
)
from infra.synthesis.synth import synthesize

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_READY_WITHIN_S = 180.0  # another `up` may be synthesizing
_ENDED_WITHIN_S = 90.0  # running executions, then the processes one after the other
_POLL_S = 0.05
_LOG_TAIL_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UpSettings:
    """The options of `scones up`. A port of 0 is any free one."""

    port: int
    runtime_port: int
    page_port: int
    api_port: int
    keep: bool
    drop_folder: Path | None

    def arguments(self) -> list[str]:
        """Return them as the supervisor's command line."""
        words = ["--port", str(self.port), "--runtime-port", str(self.runtime_port)]
        words += ["--page-port", str(self.page_port), "--api-port", str(self.api_port)]
        if self.keep:
            words.append("--keep")
        if self.drop_folder:
            words += ["--drop-folder", str(self.drop_folder)]
        return words


def start(
    folder: Path, settings: UpSettings, *, step: Callable[[str], None]
) -> tuple[UpState, bool]:
    """Start the system unless it runs, and wait until it is ready.

    Return its state, and whether this call started it. `step` is called with a line of progress.

    Raises:
        StageError: the system cannot run, or another build started the one that runs.
        SynthFailed: the CDK app failed.
        NodeMissing: the CDK app has no Node to run on.
    """
    lock = take_lock(folder)
    if lock is None:
        return _await_other_start(folder), False
    try:
        clear(folder)
        step("Synthesizing the Pipeline stack and packaging its functions")
        assembly = synthesize("local", ASSEMBLY)
        step("Starting the local stage and deploying the template")
        supervisor = _spawn(folder, settings, assembly, lock)
    finally:
        os.close(lock)  # the supervisor has inherited it
    try:
        return _await_ready(folder, supervisor), True
    except BaseException:  # also Ctrl-C: a start is completed or undone
        with contextlib.suppress(ProcessLookupError):
            supervisor.send_signal(signal.SIGTERM)
        supervisor.wait()
        raise


def stop(folder: Path, *, discard: bool = False) -> bool:
    """Stop the system cleanly and remove its files; with `discard`, also the kept state.

    Return whether it ran.

    Raises:
        StageError: it did not end in time.
    """
    deadline, ran = time.monotonic() + _ENDED_WITHIN_S, False
    while (lock := take_lock(folder)) is None:
        state = read_state(folder)
        if not ran and state and state.is_alive:
            os.kill(state.pid, signal.SIGTERM)
            ran = True
        if time.monotonic() > deadline:
            raise StageError(
                f"the system did not end within {_ENDED_WITHIN_S:.0f} s: {log_of(folder)}"
            )
        time.sleep(_POLL_S)
    try:
        clear(folder)
        if discard:
            shutil.rmtree(folder / "kept", ignore_errors=True)
        with contextlib.suppress(OSError):  # absent, or something is kept in it
            folder.rmdir()
    finally:
        os.close(lock)
    return ran


def clear(folder: Path) -> None:
    """Remove the files that a system has left when it ended. The lock must be held."""
    forget_state(folder)
    log_of(folder).unlink(missing_ok=True)
    shutil.rmtree(folder / "runs", ignore_errors=True)


def _spawn(
    folder: Path, settings: UpSettings, assembly: Path, lock: int
) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "infra.local.stage.supervisor"]
    command += ["--folder", str(folder), "--assembly", str(assembly), *settings.arguments()]
    with log_of(folder).open("ab") as log:
        return subprocess.Popen(  # noqa: S603 # our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            pass_fds=(lock,),
            start_new_session=True,  # it outlives the terminal
        )


def _await_ready(folder: Path, supervisor: subprocess.Popen[bytes]) -> UpState:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        has_ended = supervisor.poll() is not None
        state = read_state(folder)
        if state and state.status == FAILED:
            raise StageError(state.message)
        if has_ended:
            break
        if state and state.status == READY:
            return state
        time.sleep(_POLL_S)
    tail = log_of(folder).read_text(errors="replace")[-_LOG_TAIL_CHARACTERS:].strip()
    raise ProcessFailed("supervisor", "did not get ready", tail)


def _await_other_start(folder: Path) -> UpState:
    """Another process holds the lock: a system that runs, or an `up` that starts one."""
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        state = read_state(folder)
        if state and state.status == READY and state.is_alive:
            if state.state_format != STATE_FORMAT:
                raise StageError(OTHER_BUILD)
            return state
        if (lock := take_lock(folder)) is not None:
            os.close(lock)
            reason = state.message if state else ""
            raise StageError(f"the system ended before it was ready. {reason}".strip())
        time.sleep(_POLL_S)
    raise StageError(f"the system was not ready after {_READY_WITHIN_S:.0f} s: {log_of(folder)}")
