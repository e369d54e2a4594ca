"""What `scones redrive --queue` prints: a line a message, and how many are left."""

import json
from typing import TYPE_CHECKING

import typer

from infra.cli.errors import NOT_CONSERVED
from infra.operations.plain_text import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.operations.redrive.work_off import MessageResult

_BODY_LENGTH = 200  # characters of a message that stays


def show_queue(results: "Iterator[MessageResult]", *, as_document: bool, is_dry_run: bool) -> None:
    """Print each result as it comes. Raises: typer.Exit, if messages are left."""
    documents, left = [], 0
    for result in results:
        left += not result.is_deleted
        if as_document:
            documents.append(_document(result))
        else:
            typer.echo(_line(result, is_dry_run=is_dry_run))
    if as_document:
        typer.echo(json.dumps(documents, indent=2))
    else:
        typer.echo(f"{left} message(s) left" if left else "the queue is empty")
    if left and not is_dry_run:
        raise typer.Exit(NOT_CONSERVED)


def _document(result: "MessageResult") -> dict[str, object]:
    return {
        "message_id": result.message_id,
        "action": str(result.action),
        "subject": result.subject,
        "reason": result.reason,
        "deleted": result.is_deleted,
        "body": result.body,
    }


def _line(result: "MessageResult", *, is_dry_run: bool) -> str:
    done = "" if result.is_deleted or is_dry_run else f"  {result.body[:_BODY_LENGTH]}"
    columns = (result.message_id[:8], str(result.action), result.subject, result.reason)
    return plain_text("  ".join(filter(None, columns)) + done)
