"""`scones demo`: send photos through the whole pipeline of a stage of its own."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from infra.cli.errors import NOT_CONSERVED, exit_on_error
from infra.cli.options import AsJson
from infra.demo.load_test import run_load_test
from infra.demo.load_test_report import Plan
from infra.demo.rendering import demo_document, load_test_document, show_demo, show_load_test
from infra.demo.runner import DemoReport, Moved, Step, run_demo
from infra.demo.samples import draw_samples
from infra.operations.upload import files_in

_STOPPED = "everything was stopped and removed."


def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A folder of photos (any depth), or one file. Default: drawn samples."),
    ] = None,
    *,
    as_document: AsJson = False,
    photos_per_second: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=1000, help="Load test: upload at this rate, repeating the photos."
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, max=600, help="Duration of the load test. Default: 1."),
    ] = None,
    burst: Annotated[
        int | None,
        typer.Option(
            min=1, max=100_000, help="Load test: upload this many photos at once. Default: 1."
        ),
    ] = None,
) -> None:
    """Send photos through the whole pipeline on this machine and account for every one.

    Exit code: 0 conserved, 1 not conserved or every photo failed, 2 could not run, 130 interrupted.
    """
    if photos_per_second is not None:
        plan = Plan(per_second=photos_per_second, minutes=minutes or 1.0, burst=burst or 1)
        _load_test(folder, plan, as_document=as_document)
    if minutes is not None or burst is not None:
        raise typer.BadParameter("--minutes and --burst go with --photos-per-second")
    with exit_on_error(interrupted=_STOPPED), _photos(folder) as root:
        report = _run(root)
    if as_document:
        # ASCII, so that a file name that is not valid text survives as an escape.
        typer.echo(json.dumps(demo_document(report), indent=2))
    else:
        show_demo(report, _console())
    has_failed = all(outcome.outcome == "failed" for outcome in report.outcomes)
    raise typer.Exit(0 if report.conserved and not has_failed else NOT_CONSERVED)


def _load_test(folder: Path | None, plan: Plan, *, as_document: bool) -> NoReturn:
    with exit_on_error(interrupted=_STOPPED), _photos(folder) as root:
        files = files_in(root)
        with _progress(plan.photos) as (step, moved):
            report = run_load_test(files, plan, step=step, moved=moved)
    if as_document:
        typer.echo(json.dumps(load_test_document(report), indent=2))
    else:
        show_load_test(report, _console())
    raise typer.Exit(0 if report.conserved else NOT_CONSERVED)


def _console() -> Console:
    """Return a console as wide as the terminal; in a file or a pipe, wide enough for long names."""
    console = Console()
    return console if console.is_terminal else Console(width=120)


@contextmanager
def _photos(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="scones-samples-") as samples:
        draw_samples(Path(samples))
        yield Path(samples)


def _run(root: Path) -> DemoReport:
    files = files_in(root)
    with _progress(len(files)) as (step, moved):
        return run_demo(root, files, step=step, moved=moved)


@contextmanager
def _progress(photos: int) -> Iterator[tuple[Step, Moved]]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    # On standard error, so that standard output holds the result alone.
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("Starting", total=2 * photos)

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

        yield step, moved
