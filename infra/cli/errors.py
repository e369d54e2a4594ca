"""What the commands share: exit codes, one-line errors, text that no terminal can misread."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import SconesError
from infra.local.errors import NotRunning, StageError
from infra.operations.status import NoSuchPhoto
from infra.operations.upload import NoPhotos
from infra.operations.upload_key import InvalidDriver
from infra.synthesis.node import NodeMissing
from infra.synthesis.synth import SynthFailed
from training.cli.errors import exit_with_code

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


_CODES = {NotRunning: NOT_RUNNING, **dict.fromkeys(_EXPECTED, CANNOT_RUN)}

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@contextmanager
def exit_on_error(*, interrupted: str) -> Iterator[None]:
    """Everything that can be expected to go wrong becomes a sentence and an exit code."""
    try:
        with exit_with_code("scones", _CODES):
            yield
    except KeyboardInterrupt as error:
        typer.echo(f"scones: interrupted; {interrupted}", err=True)
        raise typer.Exit(INTERRUPTED) from error


def plain_text(text: str) -> str:
    """What a terminal cannot or must not show is escaped."""
    text = text.encode("utf-8", "backslashreplace").decode()
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
