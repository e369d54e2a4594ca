"""`scones forget`: erase what a stage holds of one driver, with a certificate."""

import json
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.errors import NOT_CONSERVED, NotWritten, exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.target import target
from infra.operations.erasure.forget import Erasure


def forget(
    driver: Annotated[
        str, typer.Argument(help="The driver's id: the segment of the photos' keys.")
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be erased; change nothing.")
    ] = False,
    certificate: Annotated[
        Path | None, typer.Option(help="File that the certificate is written to.", metavar="FILE")
    ] = None,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Erase a driver: account, photos, rows, labels, captures, reports, messages, training use.

    Waits up to a quarter of an hour for permissions and executions of the driver to end. May run
    again, and while the stage works. What cannot be deleted singly is listed with the date on which
    it is gone (docs/operations.md, Erase a driver).

    Exit code: 0 erased, 1 something came back during every pass: run it again, 2 wrong input, 3
    nothing runs.
    """
    with exit_on_error(interrupted="what was erased stays erased; run it again."):
        erasure = Erasure(
            target=target(stack),
            driver_id=driver,
            dry_run=dry_run,
            report=lambda text: typer.echo(text, err=True),
        )
        result = erasure.run()
        document = result.to_wire()
        if certificate is not None and not dry_run:
            _write(certificate, document)
    if as_document:
        typer.echo(json.dumps(document, indent=2))
    else:
        counts = ", ".join(f"{count} {name}" for name, count in result.erased.items() if count)
        typer.echo(f"{'would erase' if dry_run else 'erased'}: {counts or 'nothing'}")
        typer.echo("no single record can be deleted in these, which are empty by themselves:")
        for entry in result.left():
            typer.echo(f"  {entry['store']}: {entry['content']}; by {entry['empty_on']}")
    if not dry_run and not result.is_complete:
        typer.echo("records came back during every pass: run it again", err=True)
        raise typer.Exit(NOT_CONSERVED)


def _write(path: Path, document: dict[str, object]) -> None:
    """Raises: NotWritten."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise NotWritten(f"cannot write the certificate to {path}: {error}") from error
