"""`scones destroy`: a stage out of its account, and the search for what is left of it."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.errors import exit_on_error
from infra.cli.options import AsJson, Stage, Stages
from infra.config import STAGES_FOLDER
from infra.operations.destruction.destroy import Destruction, Questions
from infra.operations.plain_text import plain_text

if TYPE_CHECKING:
    from infra.operations.destruction.destroy import DestructionResult

SOMETHING_LEFT = 1


def destroy(
    stage: Stage,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be deleted; change nothing.")
    ] = False,
    confirm: Annotated[
        str,
        typer.Option(
            help="The stage's name once more, instead of typing it when asked.", metavar="STAGE"
        ),
    ] = "",
    lift_protection: Annotated[
        bool,
        typer.Option("--lift-protection", help="Delete a durable stage, which is protected, too."),
    ] = False,
    keep_data: Annotated[
        bool,
        typer.Option(
            "--keep-data",
            help="Keep buckets, tables, queues and accounts of a durable stage: the next "
            "deployment takes them in again.",
        ),
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option(help="Folder that the rows of the tables are copied to.", metavar="FOLDER"),
    ] = None,
    stages: Stages = STAGES_FOLDER,
    as_document: AsJson = False,
) -> None:
    """Delete a stage and everything in it, and search for what is left by tag and by name.

    Pauses the intake, waits for photos in progress, deletes the endpoint, then the rest. May run
    again after an interruption.

    Exit code: 0 nothing is left, or only the data to keep, 1 something is left, 2 refused or
    failed.
    """

    def show(line: str) -> None:
        typer.echo(plain_text(line), err=as_document)

    def ask_name(question: str) -> str:
        if confirm:
            return confirm
        try:
            name: str = typer.prompt(f"{question}. Type its name to go on", err=as_document)
        except typer.Abort:  # no terminal, or Ctrl-C
            return ""
        return name

    with exit_on_error(interrupted="what was deleted stays deleted; run it again."):
        result = Destruction(
            stage=stage,
            questions=Questions(show=show, ask_name=ask_name),
            stages=stages.absolute(),
            lifts_protection=lift_protection,
            keeps_data=keep_data,
            export=export,
            is_dry_run=dry_run,
        ).run()
    if as_document:
        typer.echo(json.dumps(dataclasses.asdict(result), indent=2))
    else:
        typer.echo(_text(result))
    if result.leftovers:
        raise typer.Exit(SOMETHING_LEFT)


def _text(result: "DestructionResult") -> str:
    if not result.is_destroyed:
        return f"{result.stage}: nothing was changed"
    if not result.leftovers:
        kept = f", except for the {len(result.kept)} kept resources" if result.kept else ""
        return f"{result.stage}: nothing is left{kept}"
    lines = [f"{result.stage}: {len(result.leftovers)} resources are left"]
    for leftover in result.leftovers:
        name = plain_text(leftover.name)
        lines.append(f"  {leftover.kind} {name}: {plain_text(leftover.remedy)}")
    return "\n".join(lines)
