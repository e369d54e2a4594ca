"""`scones backfill`: start photos that were stored while no event started them."""

import dataclasses
import json
import sys
from typing import Annotated

import typer

from infra.cli.errors import exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.target import target
from infra.operations.backfill import AT_ONCE, PER_SECOND, PRICES_AS_OF, Backfill, Estimate


def backfill(
    source: Annotated[
        str,
        typer.Argument(
            help="A prefix below intake/ of the intake bucket, the manifest.json of an S3 "
            "Inventory, or a CSV file of bucket, key and version id; local or s3://.",
            metavar="PREFIX|INVENTORY",
        ),
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print count, duration and price; start nothing.")
    ] = False,
    per_second: Annotated[
        float, typer.Option(help="Starts in a second, at most.", min=0.01, max=100)
    ] = PER_SECOND,
    at_once: Annotated[
        int,
        typer.Option(
            help="Wait while so many photos have no outcome yet; live ones count.", min=1, max=1000
        ),
    ] = AT_ONCE,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Start an execution for each photo of a source that has no row in the ledger.

    Live and parked photos go first. Run it again to continue: photos with a row are skipped.

    Exit code: 0 done, 2 wrong source, 3 nothing runs, 130 interrupted.
    """
    with exit_on_error(interrupted="photos that were started go on; run it again to continue."):
        work = Backfill(target(stack), source, per_second=per_second, at_once=at_once)
        estimate = work.estimate()
        if not as_document:
            typer.echo(_text(estimate), err=not dry_run)
        started = 0 if dry_run else _run(work, estimate)
    document = {**dataclasses.asdict(estimate), "started": started}
    if as_document:
        typer.echo(json.dumps(document, indent=2))
    elif not dry_run:
        typer.echo(f"{started} started, {estimate.already} had a row already")


def _run(work: Backfill, estimate: Estimate) -> int:
    started = 0
    with typer.progressbar(length=estimate.to_start, file=sys.stderr, label="started") as bar:
        for progress in work.run():
            bar.label = f"waits for {progress.waits_for}" if progress.waits_for else "started"
            bar.update(progress.started - started)
            started = progress.started
    return started


def _text(estimate: Estimate) -> str:
    gone = f", {estimate.gone} are not in the bucket" if estimate.gone else ""
    return (
        f"{estimate.to_start} photos to start, {estimate.already} have a row{gone}; "
        f"at least {estimate.at_least_s:.0f} s, about ${estimate.price_usd:.2f} "
        f"without the endpoint (prices of {PRICES_AS_OF})"
    )
