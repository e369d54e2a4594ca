"""`scones restore-ledger`: copy what was lost from restored tables into the live ones."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.errors import NOT_CONSERVED, exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.target import target
from infra.operations.restore_ledger import LedgerRestorer, RestoredRow

if TYPE_CHECKING:
    from collections import Counter


def restore_ledger(
    *,
    photos_from: Annotated[
        str | None, typer.Option(help="Table restored from Photos.", metavar="TABLE")
    ] = None,
    assignments_from: Annotated[
        str | None, typer.Option(help="Table restored from Assignments.", metavar="TABLE")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; write nothing.")] = False,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Copy rows that were lost or damaged from restored tables into the live ones.

    A live row that is as good or newer stays. May run again, and while the stage works; the
    sweeper should pause meanwhile (docs/operations.md, Restore the ledger).

    Exit code: 0 done, 1 some rows changed meanwhile or cannot be read, 2 wrong input, 3 nothing
    runs.
    """
    if photos_from is None and assignments_from is None:
        raise typer.BadParameter("give --photos-from or --assignments-from")
    outcomes: dict[str, Counter[RestoredRow]] = {}
    with exit_on_error(interrupted="rows that were written stay; run it again."):
        restorer = LedgerRestorer(target=target(stack), dry_run=dry_run)
        # An assignment is judged by the rows of photos.
        if photos_from is not None:
            outcomes["photos"] = restorer.photos(photos_from)
        if assignments_from is not None:
            outcomes["assignments"] = restorer.assignments(assignments_from)
    if as_document:
        document = {name: dict(sorted(counts.items())) for name, counts in outcomes.items()}
        typer.echo(json.dumps(document, indent=2))
    else:
        for name, counts in outcomes.items():
            listed = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
            typer.echo(f"{name}: {listed or 'no rows'}")
    left = (RestoredRow.OVERTAKEN, RestoredRow.MALFORMED)
    if any(counts[outcome] for counts in outcomes.values() for outcome in left):
        raise typer.Exit(NOT_CONSERVED)
