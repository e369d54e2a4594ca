"""The one command, `scones`: everything that people do with the project."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from infra.local.demo import DemoReport, run_demo
from infra.local.demo_view import as_json, show
from infra.local.errors import StageError
from infra.local.intake import NoPhotos, files_in
from infra.local.samples import draw_samples
from infra.node import NodeMissing
from infra.synth import SynthFailed

app = typer.Typer(
    help="From a driver's photo to an order: run, watch and look after the pipeline.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

NOT_CONSERVED = 1
CANNOT_RUN = 2
INTERRUPTED = 130


@app.callback()
def main() -> None:
    """Keeps `demo` a subcommand, though it is alone for now."""


@app.command(
    epilog="Examples:  scones demo   |   scones demo ~/Pictures   |   scones demo --json ~/Pictures"
)
def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A folder of photos, at any depth, or one file. Default: drawn ones."),
    ] = None,
    *,
    as_document: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of a table.")
    ] = False,
) -> None:
    """Send photos through the whole chain on this machine, and account for every one.

    Exit code: 0 conserved, 1 not conserved, 2 could not run, 130 interrupted.
    """
    try:
        with _photos(folder) as root:
            report = _run(root)
    except (NoPhotos, NodeMissing, StageError, SynthFailed) as error:
        typer.echo(f"scones: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from error
    except KeyboardInterrupt as error:
        typer.echo("scones: interrupted; everything was stopped and removed.", err=True)
        raise typer.Exit(INTERRUPTED) from error
    if as_document:
        # ASCII, so that a file name that is no text survives as an escape.
        typer.echo(json.dumps(as_json(report), indent=2))
    else:
        show(report, Console())
    raise typer.Exit(0 if report.conserved else NOT_CONSERVED)


@contextmanager
def _photos(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="scones-samples-") as drawn:
        draw_samples(Path(drawn))
        yield Path(drawn)


def _run(root: Path) -> DemoReport:
    files = files_in(root)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    # On standard error, so that standard output holds the result alone.
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("Starting", total=2 * len(files))

        def step(what: str) -> None:
            progress.update(task, description=what)
            if not progress.console.is_terminal:
                typer.echo(f"{what} …", err=True)

        def moved(uploaded: int, decided: int) -> None:
            progress.update(
                task,
                completed=uploaded + decided,
                description=f"{uploaded} uploaded, {decided} decided",
            )

        return run_demo(root, files, step=step, moved=moved)


if __name__ == "__main__":
    app()
