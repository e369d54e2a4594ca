"""`scones reconcile` and `redrive`: find photos that are not where they should be; mend them."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.errors import NOT_CONSERVED, AsJson, exit_on_error, plain_text
from infra.cli.target import target
from infra.operations.status import NoSuchPhoto
from monitoring.reconciliation.reconcile import reconcile, repair_executor_of
from monitoring.reconciliation.redrive import failed_since
from monitoring.reconciliation.redrive import redrive as redriven
from monitoring.reconciliation.repair_plan import RepairDeadlines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handlers.aws.photos_table import PhotosTable, Row
    from monitoring.reconciliation.reconcile import Reconciliation
    from monitoring.reconciliation.redrive import RedriveResult
    from monitoring.reconciliation.repair_plan import Repair

Stack = Annotated[
    str | None,
    typer.Option(help="A deployed stack, e.g. Scones-prod-Pipeline. Default: the running system."),
]
_SHOWN = 50


def reconcile_(
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
        float, typer.Option(min=0, help="Skip photos that changed later: they may be in progress.")
    ] = 20.0,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Check that every photo is in exactly one place; with --repair, repair it.

    Compares bucket, ledger, assignments, executions and, with --queues, queues.

    Exit code: 0 consistent or repaired, 1 violations remain, 2 could not run, 3 nothing runs.
    """
    with exit_on_error(interrupted="what was repaired stays repaired; run it again."):
        system = target(stack)
        age = timedelta(minutes=older_than_minutes)
        found = reconcile(
            system.session,
            system.places,
            read_queues=queues,
            deadlines=RepairDeadlines(event=age, execution=age, start=age),
            executor=repair_executor_of(system.session, system.places) if repair else None,
        )
    typer.echo(json.dumps(_document(found), indent=2) if as_document else _text(found, repair))
    if not found.is_clean:
        raise typer.Exit(NOT_CONSERVED)


def redrive(
    photos: Annotated[
        list[str] | None, typer.Argument(help="Whole photo ids.", metavar="[PHOTO]...")
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
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Start a new attempt for failed photos.

    Exit code: 0 all started, 1 some not started, 2 wrong input, 3 nothing runs.
    """
    with exit_on_error(interrupted="what was started goes its way."):
        if bool(photos) == all_failed:
            raise typer.BadParameter("give photos, or --all-failed")
        if since and not all_failed:
            raise typer.BadParameter("--since goes with --all-failed")
        start = _moment(since) if since else datetime.now(UTC) - timedelta(days=1)
        system, now = target(stack), datetime.now(UTC)
        executor = repair_executor_of(system.session, system.places)
        # All are read before the first is driven: what cannot be read stops nothing halfway.
        rows = (
            list(failed_since(executor.ledger, start, now=now))
            if all_failed
            else _rows(executor.ledger, photos or [])
        )
        results = list(redriven(rows, executor, now=now))
    _tell(results, as_document=as_document)
    if any(each.outcome != "started" for each in results):
        raise typer.Exit(NOT_CONSERVED)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"--since {text!r} is no time; write 2026-11-21") from error


def _tell(results: "list[RedriveResult]", *, as_document: bool) -> None:
    documents = [
        {
            "photo_id": each.photo_id,
            "key": each.key,
            "outcome": each.outcome,
            "was": each.status,
            "reason": each.reason,
        }
        for each in results
    ]
    if as_document:
        typer.echo(json.dumps(documents, indent=2))
        return
    for each in documents:
        said = (each["photo_id"], each["outcome"], plain_text(each["key"]))
        typer.echo("  ".join(filter(None, (*said, plain_text(each["reason"])))))
    typer.echo(f"{len(documents)} photo(s)")


def _rows(ledger: "PhotosTable", photos: "Iterable[str]") -> "list[Row]":
    rows = []
    for photo in photos:
        item = ledger.row(photo)
        if item is None:
            raise NoSuchPhoto(f"the ledger knows no photo {photo}.")
        rows.append(item)
    return rows


def _document(found: "Reconciliation") -> dict[str, Any]:  # Any: JSON
    return {
        "clean": found.is_clean,
        "totals": found.totals,
        "repairs": [
            {"action": each.action, "rule": each.rule, "photo_id": each.photo_id, "key": each.key}
            for each in found.repairs
        ],
        "repaired": dict(found.repaired),
        "refused": list(found.refused),
        "unrepairable": [
            {"rule": each.rule, "photo_id": each.photo_id, "detail": each.detail}
            for each in found.unrepairable
        ],
    }


def _text(found: "Reconciliation", repair: bool) -> str:
    totals = ", ".join(f"{count} {name}" for name, count in found.totals.items() if count)
    lines = [f"photos: {totals or 'none'}"]
    lines += [_line(each) for each in found.repairs[:_SHOWN]]
    lines += [
        f"  {each.rule:<28}{each.photo_id[:12]:<12}  a person must judge: {plain_text(each.detail)}"
        for each in found.unrepairable[:_SHOWN]
    ]
    lines += [f"  refused: {plain_text(each)}" for each in found.refused[:_SHOWN]]
    counts = Counter(each.action for each in found.repairs)
    if found.repairs:
        planned = ", ".join(f"{count} × {action}" for action, count in sorted(counts.items()))
        done = found.repaired.total()
        lines.append(f"repaired {done} of {planned}" if repair else f"--repair would do: {planned}")
    elif not found.unrepairable:
        lines.append("everything is where it should be")
    return "\n".join(lines)


def _line(repair: "Repair") -> str:
    return f"  {repair.rule:<28}{repair.photo_id[:12]}  {repair.action}  {plain_text(repair.key)}"
