"""Errors of the local stage, one class for each remedy.

StageError
├── EmulatorChanged    the installed emulator is not the one that the patches were made for
├── AssemblyUnusable   the cloud assembly is missing: synthesize first
├── PortTaken          a requested port is in use: choose another one
├── ProcessFailed      a process of the stage died or did not come up
├── NotRunning         no stage runs in the background: `scones up`
├── StateOutdated      the kept state is of another build: `scones down --discard`
└── DeploymentFailed   the emulator refused the template, or a resource of it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class StageError(Exception):
    """The local stage cannot run; the message states the reason and a remedy."""


class EmulatorChanged(StageError):
    """A patch does not find the function that it replaces."""


class AssemblyUnusable(StageError):
    """The cloud assembly or the stack in it is missing."""


class PortTaken(StageError):
    """Another process listens on a port that was requested by number."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} of 127.0.0.1 is in use; choose another one, or 0 for any.")
        self.port = port


class ProcessFailed(StageError):
    """A process of the stage ended by itself, or was not ready in time.

    `what` is the predicate of the message, such as "ended while starting".
    """

    def __init__(self, name: str, what: str, log_tail: str) -> None:
        log = f"\nEnd of its log:\n{log_tail}" if log_tail else ""
        super().__init__(f"The {name} {what}.{log}")
        self.name = name


class NotRunning(StageError):
    """The command needs the stage of `scones up`, which does not run."""


class StateOutdated(StageError):
    """The state that `scones up --keep` has kept was saved by another build."""


class DeploymentFailed(StageError):
    """CloudFormation did not create the stack; `reasons` has one line for each failed resource."""

    def __init__(self, stack: str, reasons: Sequence[str]) -> None:
        lines = "".join(f"\n  {reason}" for reason in reasons)
        super().__init__(f"Stack {stack} was not created:{lines or ' no reason given'}")
        self.reasons = tuple(reasons)
