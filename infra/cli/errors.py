"""What the commands share: exit codes, one-line errors, text that no terminal can misread."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import SconesError
from infra.local.errors import NotRunning, StageError
from infra.operations.status import NoSuchPhoto
from infra.operations.upload import NoPhotos
from infra.operations.upload_key import InvalidDriver
from infra.synthesis.node import NodeMissing
from infra.synthesis.synth import SynthFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_CONSERVED = 1
NOT_DECIDED = 1
CANNOT_RUN = 2
NOT_RUNNING = 3
INTERRUPTED = 130

_EXPECTED = (
    *(NoPhotos, NoSuchPhoto, InvalidDriver, NodeMissing, StageError, SynthFailed),
    *(BotoCoreError, ClientError, SconesError),
)


@contextmanager
def told(*, interrupted: str) -> Iterator[None]:
    """Everything that can be expected to go wrong becomes a sentence and an exit code."""
    try:
        yield
    except NotRunning as error:
        typer.echo(f"scones: {error}", err=True)
        raise typer.Exit(NOT_RUNNING) from error
    except _EXPECTED as error:
        typer.echo(f"scones: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from error
    except KeyboardInterrupt as error:
        typer.echo(f"scones: interrupted; {interrupted}", err=True)
        raise typer.Exit(INTERRUPTED) from error


def plain_text(text: str) -> str:
    """What a terminal cannot or must not show is escaped."""
    text = text.encode("utf-8", "backslashreplace").decode()
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
