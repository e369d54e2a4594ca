"""Expected errors of the commands of `python -m training` become one sentence and an exit code."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import typer
from rich.console import Console

from monitoring.rendering.format import printable
from training.data.sources.files import UnusableData
from training.sagemaker.errors import CloudError
from training.serving.errors import InvalidModel

CANNOT_RUN = 2


@contextmanager
def exit_with_code(program: str, codes: Mapping[type[BaseException], int]) -> Iterator[None]:
    """Print an expected error as one sentence and exit with its code.

    `codes` are exit codes by class; the first class that fits counts. Raises: typer.Exit.
    """
    try:
        yield
    except tuple(codes) as error:
        # Messages name files of others, whose names may hold what a terminal obeys.
        typer.echo("\n".join(map(printable, f"{program}: {error}".split("\n"))), err=True)
        code = next(code for kind, code in codes.items() if isinstance(error, kind))
        raise typer.Exit(code) from error


@contextmanager
def exit_on_error() -> Iterator[Console]:
    """Yield a console to print on; an error that a user can correct exits with code 2."""
    expected = (CloudError, InvalidModel, UnusableData)
    with exit_with_code("training", dict.fromkeys(expected, CANNOT_RUN)):
        try:
            yield Console(highlight=False, soft_wrap=True)
        except ModuleNotFoundError as error:  # the other commands must not need torch
            raise UnusableData(f"{error.name} is missing; `make train` installs it") from error
