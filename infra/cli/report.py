"""`scones report`: the monitoring report of any window, made on this machine."""

import json
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.errors import NotWritten, exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.target import target
from infra.synthesis.synth import ROOT

if TYPE_CHECKING:
    from monitoring.report.run import MadeReport

OUT = ROOT / ".scones" / "reports"
PAGE = "report.html"


def report(
    *,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Start of the window: today, yesterday, 2026-11-21 or 2026-11-21T08:00:00Z.",
        ),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="End of the window, same format; a day is inclusive.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Ignore verdicts given after this time.", metavar="TIME")
    ] = None,
    demo_day: Annotated[
        bool,
        typer.Option(
            "--demo-day", help="Report on a generated day with drift; needs no running system."
        ),
    ] = False,
    stack: Stack = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the files.", metavar="DIR")] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    as_document: AsJson = False,
) -> None:
    """Make the monitoring report of a window: is the classifier still right?

    Default window: the last complete day.

    Exit code: 0 report made (whatever its verdict), 2 could not run, 3 nothing runs.
    """
    # numpy takes half a second to import, which no other command should wait for.
    from infra.demo.demo_day import demo_report  # noqa: PLC0415 # above
    from infra.operations.reports import report_of  # noqa: PLC0415 # above

    if demo_day and (start or end or as_of or stack):
        raise typer.BadParameter("--demo-day has its own day: give neither a time nor a stack")
    with exit_on_error(interrupted="no file was written."):
        if demo_day:
            made, folder = demo_report(), "demo-day"
        else:
            made, folder = report_of(target(stack), start=start, end=end, as_of=as_of)
        place = (out or OUT) / folder
        _write(made, place)
    _show(made, place, as_document=as_document)
    if show:
        webbrowser.open((place / PAGE).resolve().as_uri())


def _write(made: "MadeReport", place: Path) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, content in made.files.items():
            (place / name).write_bytes(content)
    except OSError as error:
        raise NotWritten(f"the report cannot be written to {place}: {error.strerror}.") from error


def _show(made: "MadeReport", place: Path, *, as_document: bool) -> None:
    report = made.report
    if as_document:
        document = {
            "verdict": report.verdict,
            "answer": report.answer,
            "headline": report.headline,
            "metrics": dict(report.metrics),
            "files": [str(place / name) for name in made.files],
        }
        typer.echo(json.dumps(document, indent=2))
    else:
        page = (place / PAGE).resolve()
        typer.echo(f"{report.verdict}: {report.headline}\n{report.answer}\n{page}")
