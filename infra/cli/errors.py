"""Expected errors of the commands: each becomes one sentence and an exit code.

Errors of the commands themselves:

CommandError
├── MachineLimit  the disk is full or read-only, a right is missing, or there is no memory
├── NoSuchStack   there is no stack `Pipeline` of this name where the credentials point
├── NotMeasured   the model cannot be measured on these photos
├── NotSetUp      an environment or tool is not installed
└── NotWritten    the output cannot be written where it was asked for

The others come from what the commands call: operations (`infra.operations.errors`), the stage of
this laptop (`infra.local.errors`), synthesis, and the AWS SDK.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import SconesError
from infra.config import InvalidConfig
from infra.local.errors import NotRunning, StageError
from infra.operations.errors import OperationError
from infra.synthesis.node import NodeMissing
from infra.synthesis.synth import SynthFailed
from training.cli.errors import exit_with_code

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_CONSERVED = 1
NOT_DECIDED = 1
PROBLEMS = 1
CANNOT_RUN = 2
NOT_RUNNING = 3
INTERRUPTED = 130


class CommandError(Exception):
    """The command cannot do what was asked; the message says why and what to do."""


class MachineLimit(CommandError):
    """The disk is full or read-only, a right is missing, or there is not enough memory."""


class NoSuchStack(CommandError):
    """The account and region of the credentials have no stack `Pipeline` of this name."""


class NotMeasured(CommandError):
    """There is no valid model, or there are no photos of its classes."""


class NotSetUp(CommandError):
    """The environment of the command is not installed."""


class NotWritten(CommandError):
    """The output cannot be written where it was asked for."""


_EXPECTED = (
    *(CommandError, OperationError, StageError, SynthFailed, NodeMissing, InvalidConfig),
    *(SconesError, BotoCoreError, ClientError),
)
_CODES = {NotRunning: NOT_RUNNING, **dict.fromkeys(_EXPECTED, CANNOT_RUN)}


# What the machine lacks; another OSError is a fault of the program.
_LACKING = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOMEM}


@contextmanager
def _limits_of_the_machine() -> Iterator[None]:
    """Raises: MachineLimit, in place of the error of a full or read-only disk or of memory."""
    try:
        yield
    except OSError as error:
        if error.errno not in _LACKING:
            raise
        place = f": {os.fsdecode(error.filename)}" if error.filename else ""
        raise MachineLimit(f"{os.strerror(error.errno)}{place}") from error
    except MemoryError as error:
        raise MachineLimit("there is not enough memory") from error


@contextmanager
def exit_on_error(*, interrupted: str) -> Iterator[None]:
    """End the command with one sentence and an exit code if an expected error is raised.

    `interrupted` states what Ctrl-C left behind.

    Raises: typer.Exit.
    """
    try:
        with exit_with_code("scones", _CODES), _limits_of_the_machine():
            yield
    except KeyboardInterrupt as error:
        typer.echo(f"scones: interrupted; {interrupted}", err=True)
        raise typer.Exit(INTERRUPTED) from error
