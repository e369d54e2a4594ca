"""What can go wrong with the local stage, one class for each thing that a person would do about it.

StageError
├── EmulatorChanged    the installed emulator is not the one that the corrections were made for
├── AssemblyUnusable   no cloud assembly where one should be: synthesize first
├── PortTaken          a port that was asked for is in use
├── ProcessFailed         a process of the stage died or did not come up
├── NotRunning         no stage runs in the background: `scones up`
└── DeploymentFailed   the emulator refused the template, or a resource of it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class StageError(Exception):
    """The local stage cannot run; the message says why in words for whoever started it."""


class EmulatorChanged(StageError):
    """A correction does not find what it patches."""


class AssemblyUnusable(StageError):
    """The cloud assembly or the stack in it is missing."""


class PortTaken(StageError):
    """Another process listens on a port that was asked for by number."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} of 127.0.0.1 is in use; choose another one, or 0 for any.")
        self.port = port


class ProcessFailed(StageError):
    """A process of the stage ended by itself, or did not answer in time."""

    def __init__(self, name: str, what: str, log_tail: str) -> None:
        log = f"\nEnd of its log:\n{log_tail}" if log_tail else ""
        super().__init__(f"The {name} {what}.{log}")
        self.name = name


class NotRunning(StageError):
    """What was asked for needs the stage of `scones up`, and it does not run."""


class DeploymentFailed(StageError):
    """CloudFormation did not create the stack; `reasons` has one line a failed resource."""

    def __init__(self, stack: str, reasons: Sequence[str]) -> None:
        lines = "".join(f"\n  {reason}" for reason in reasons)
        super().__init__(f"Stack {stack} was not created:{lines or ' no reason given'}")
        self.reasons = tuple(reasons)
