"""`scones reconcile` and `redrive`: find misplaced photos, repair them, start failed ones again."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handlers.aws.dead_letters import DeadLetterReader
from handlers.aws.photos_table import PhotosTable
from handlers.domain.timestamps import parse_utc
from infra.cli.errors import NOT_CONSERVED, exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.redriven_queue import show_queue
from infra.cli.target import target
from infra.operations.errors import NoSuchPhoto
from infra.operations.plain_text import plain_text
from infra.operations.redrive.queues import QueueName
from infra.operations.redrive.redrive_queue import redrive_queue
from infra.operations.status import whole_photo_id
from monitoring.reconciliation.reconcile import reconcile as reconcile_system
from monitoring.reconciliation.reconcile import repair_executor_of
from monitoring.reconciliation.redrive import clear_failures, failed_since
from monitoring.reconciliation.redrive import redrive as redrive_rows
from monitoring.reconciliation.repair_plan import RepairDeadlines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handlers.aws.photos_table import Row
    from infra.operations.target import Target
    from monitoring.reconciliation.checker import Violation
    from monitoring.reconciliation.reconcile import Reconciliation
    from monitoring.reconciliation.redrive import RedriveResult
    from monitoring.reconciliation.repair_plan import Repair

_MAX_LINES = 50  # of each kind
_LONGEST = timedelta(days=400)  # the ledger's index is queried for each hour of a window


def reconcile(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Repair what can be repaired; without it, only list.")
    ] = False,
    queues: Annotated[
        bool,
        typer.Option(
            "--queues",
            help="Read the queues as well. Hides their messages from other readers for up to a "
            "minute; each read counts towards the 50 receives after which a review message goes "
            "to the dead-letter queue.",
        ),
    ] = False,
    older_than_minutes: Annotated[
        float,
        typer.Option(
            min=0,
            max=_LONGEST / timedelta(minutes=1),
            help="Skip photos that changed later: they may be in progress.",
        ),
    ] = 20.0,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Check that every photo is in exactly one place; with --repair, repair it.

    Compares bucket, ledger, assignments, executions and, with --queues, queues.

    Exit code: 0 consistent or repaired, 1 violations remain, 2 could not run, 3 nothing runs.
    """
    with exit_on_error(interrupted="repairs that were made stay; run it again."):
        system = target(stack)
        age = timedelta(minutes=older_than_minutes)
        result = reconcile_system(
            system.session,
            system.places,
            read_queues=queues,
            deadlines=RepairDeadlines(event=age, execution=age, start=age),
            executor=repair_executor_of(system.session, system.places) if repair else None,
        )
        deleted = _clear_failures(system) if repair else 0
    if as_document:
        typer.echo(json.dumps(_document(result) | {"messages_deleted": deleted}, indent=2))
    else:
        typer.echo("\n".join([_text(result, repair), *_deleted_line(deleted)]))
    if not result.is_clean:
        raise typer.Exit(NOT_CONSERVED)


def redrive(
    photos: Annotated[
        list[str] | None,
        typer.Argument(
            help="Photo ids; without --stack, their first characters are enough.",
            metavar="[PHOTO]...",
        ),
    ] = None,
    *,
    all_failed: Annotated[
        bool, typer.Option("--all-failed", help="Every failed photo received after --since.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            help="2026-11-21 or 2026-11-21T08:00:00+02:00, UTC without an offset; "
            "default: a day ago.",
            metavar="TIME",
        ),
    ] = None,
    queue: Annotated[
        QueueName | None,
        typer.Option(help="Work off the messages of this queue; each is deleted once it is done."),
    ] = None,
    drop: Annotated[
        bool,
        typer.Option("--drop", help="With --queue: also delete messages that cannot be redriven."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --queue: only show what would be done.")
    ] = False,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Start a new attempt for failed photos, or work off a queue of failures or dead letters.

    Messages of photos that have gone on are deleted from the failures queue.

    Exit code: 0 all done, 1 some not done, 2 wrong input, 3 nothing runs.
    """
    with exit_on_error(interrupted="executions that were started go on."):
        if [bool(photos), all_failed, queue is not None].count(True) != 1:
            raise typer.BadParameter("give photos, or --all-failed, or --queue")
        if since and not all_failed:
            raise typer.BadParameter("--since goes with --all-failed")
        if (drop or dry_run) and queue is None:
            raise typer.BadParameter("--drop and --dry-run go with --queue")
        if queue is not None:
            show_queue(
                redrive_queue(
                    target(stack), queue, now=datetime.now(UTC), dry_run=dry_run, drop=drop
                ),
                as_document=as_document,
                is_dry_run=dry_run,
            )
            return
        now = datetime.now(UTC)
        start = _start_of_window(since, now) if since else now - timedelta(days=1)
        system = target(stack)
        executor = repair_executor_of(system.session, system.places)
        # All rows are read before the first start: a failed read leaves no half of the work done.
        rows = (
            list(failed_since(executor.ledger, start, now=now))
            if all_failed
            else _rows(executor.ledger, [whole_photo_id(system, photo) for photo in photos or []])
        )
        results = list(redrive_rows(rows, executor, now=now))
        deleted = _clear_failures(system)
    _show(results, deleted=deleted, as_document=as_document)
    if any(result.outcome != "started" for result in results):
        raise typer.Exit(NOT_CONSERVED)


def _start_of_window(text: str, now: datetime) -> datetime:
    try:
        start = parse_utc(text)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"--since {text!r} is not a time; write 2026-11-21") from error
    if start > now:
        raise typer.BadParameter(f"--since {text!r} is in the future")
    if now - start > _LONGEST:
        raise typer.BadParameter(
            f"--since {text!r} is more than {_LONGEST.days} days ago; name older photos by their id"
        )
    return start


def _clear_failures(system: "Target") -> int:
    session, places = system.session, system.places
    return clear_failures(
        DeadLetterReader(session.client("sqs"), url=places.failures_queue_url),
        PhotosTable(session.client("dynamodb"), table=places.photos_table),
    )


def _deleted_line(deleted: int) -> list[str]:
    return [f"{deleted} message(s) deleted from the failures queue"] if deleted else []


def _show(results: "list[RedriveResult]", *, deleted: int, as_document: bool) -> None:
    documents = [
        {
            "photo_id": result.photo_id,
            "key": result.key,
            "outcome": result.outcome,
            "was": result.status,
            "reason": result.reason,
        }
        for result in results
    ]
    if as_document:
        typer.echo(json.dumps(documents, indent=2))
        return
    for document in documents:
        columns = (
            *(document["photo_id"], document["outcome"]),
            *(plain_text(document["key"]), plain_text(document["reason"])),
        )
        typer.echo("  ".join(filter(None, columns)))
    typer.echo("\n".join([f"{len(documents)} photo(s)", *_deleted_line(deleted)]))


def _rows(ledger: "PhotosTable", photos: "Iterable[str]") -> "list[Row]":
    rows = []
    for photo in photos:
        row = ledger.row(photo)
        if row is None:
            raise NoSuchPhoto(f"the ledger has no photo {photo}.")
        rows.append(row)
    return rows


def _document(result: "Reconciliation") -> dict[str, Any]:  # Any: JSON
    return {
        "clean": result.is_clean,
        "totals": dict(result.totals),
        "repairs": [
            {
                "action": repair.action,
                "rule": repair.rule,
                "photo_id": repair.photo_id,
                "key": repair.key,
            }
            for repair in result.repairs
        ],
        "repaired": dict(result.repaired),
        "refused": list(result.refused),
        "unrepairable": [
            {
                "rule": violation.rule,
                "photo_id": violation.photo_id,
                "detail": violation.detail,
            }
            for violation in result.unrepairable
        ],
    }


def _text(result: "Reconciliation", repair: bool) -> str:
    totals = ", ".join(f"{count} {name}" for name, count in result.totals.items() if count)
    lines = [f"photos: {totals or 'none'}"]
    lines += [_repair_line(needed) for needed in result.repairs[:_MAX_LINES]]
    lines += [_violation_line(violation) for violation in result.unrepairable[:_MAX_LINES]]
    lines += [f"  refused: {plain_text(refused)}" for refused in result.refused[:_MAX_LINES]]
    if result.repairs:
        counts = Counter(needed.action for needed in result.repairs)
        planned = ", ".join(f"{count} × {action}" for action, count in sorted(counts.items()))
        repaired = f"repaired {result.repaired.total()} of {planned}"
        lines.append(repaired if repair else f"--repair would do: {planned}")
    elif not result.unrepairable:
        lines.append("consistent: every photo is in exactly one place")
    return "\n".join(lines)


def _repair_line(repair: "Repair") -> str:
    return f"  {repair.rule:<28}{repair.photo_id[:12]}  {repair.action}  {plain_text(repair.key)}"


def _violation_line(violation: "Violation") -> str:
    where = f"  {violation.rule:<28}{violation.photo_id[:12]:<12}"
    return f"{where}  a person must decide: {plain_text(violation.detail)}"
