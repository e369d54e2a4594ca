"""Starts and stops the system that runs on in the background, from any terminal, any number of
times."""

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
    READY,
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
_ENDED_WITHIN_S = 90.0  # what is under way, then the parts one after the other
_POLL_S = 0.05
_LOG_TAIL_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UpSettings:
    """What `scones up` was asked for."""

    port: int
    runtime_port: int
    page_port: int
    api_port: int
    keep: bool
    drop_folder: Path | None

    def arguments(self) -> list[str]:
        """As the supervisor takes them."""
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
    """The state once everything is ready, and whether this call started it.

    Raises: StageError, SynthFailed, NodeMissing.
    """
    lock = take_lock(folder)
    if lock is None:
        return _await_others(folder), False
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
    except BaseException:  # also Ctrl-C: half a start is none
        with contextlib.suppress(ProcessLookupError):
            supervisor.send_signal(signal.SIGTERM)
        supervisor.wait()
        raise


def stop(folder: Path, *, discard: bool = False) -> bool:
    """Stop it cleanly and remove its files, with what was kept if told so; whether it ran.

    Raises:
        StageError: it does not end.
    """
    deadline, ran = time.monotonic() + _ENDED_WITHIN_S, False
    while (lock := take_lock(folder)) is None:
        state = read_state(folder)
        if not ran and state and state.is_alive:
            os.kill(state.pid, signal.SIGTERM)
            ran = True
        if time.monotonic() > deadline:
            raise StageError(f"it did not end within {_ENDED_WITHIN_S:.0f} s: {log_of(folder)}")
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
    """Remove what a system that is no more has left. The lock must be held."""
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
        ended = supervisor.poll() is not None
        state = read_state(folder)
        if state and state.status == FAILED:
            raise StageError(state.message)
        if ended:
            break
        if state and state.status == READY:
            return state
        time.sleep(_POLL_S)
    tail = log_of(folder).read_text(errors="replace")[-_LOG_TAIL_CHARACTERS:].strip()
    raise ProcessFailed("supervisor", "did not get ready", tail)


def _await_others(folder: Path) -> UpState:
    """Somebody else holds the lock: a system that runs, or an `up` that starts one."""
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        state = read_state(folder)
        if state and state.status == READY and state.is_alive:
            return state
        if (lock := take_lock(folder)) is not None:
            os.close(lock)
            reason = state.message if state else ""
            raise StageError(f"it ended while it was waited for. {reason}".strip())
        time.sleep(_POLL_S)
    raise StageError(f"it was not ready after {_READY_WITHIN_S:.0f} s: {log_of(folder)}")
