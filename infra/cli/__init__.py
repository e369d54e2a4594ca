"""The command line `scones`: one entry, its commands in five panels.

A command's module holds its options and help. This module holds what the list of commands shows:
the panel, the order and the examples.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

import typer

from infra.cli import (
    backfill,
    baseline,
    controls,
    demo,
    deploy,
    destroying,
    doctor,
    evaluation,
    forgetting,
    known,
    photos,
    provision,
    reconciliation,
    report,
    restoring,
    review,
    system,
    training,
)
from infra.operations.version import version

# Panels in the order in which `scones --help` shows them.
RUN, REVIEW, OPERATE, MONITOR, TRAIN = PANELS = ("Run", "Review", "Operate", "Monitor", "Train")

# Programs beside `scones`: for engineers, and with environments of their own.
PROGRAMS = {
    "python -m training": "photos, training, evaluation, registry",
    "python -m infra.synthesis.synth": "synthesize a stage without the CDK CLI",
    "python -m infra.demo.samples": "draw sample photos into a folder",
    "python -m monitoring.simulation": "false alarms and power of the report",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: the function behind it, and how `--help` presents it."""

    name: str
    run: Callable[..., None]
    panel: str  # one of PANELS
    examples: tuple[str, ...]


COMMANDS = (
    Command(
        name="demo",
        run=demo.demo,
        panel=RUN,
        examples=(
            "scones demo",
            "scones demo --json ~/Pictures",
            "scones demo --photos-per-second 5 --minutes 2 --burst 50",
        ),
    ),
    Command(
        name="up",
        run=system.up,
        panel=RUN,
        examples=("scones up", "scones up --keep --drop-folder ~/Drop"),
    ),
    Command(
        name="down",
        run=system.down,
        panel=RUN,
        examples=("scones down", "scones down --discard"),
    ),
    Command(
        name="submit",
        run=photos.submit,
        panel=RUN,
        examples=(
            "scones submit bike.jpg --driver anna --wait",
            "scones submit bike.jpg --driver anna --stack Scones-prod-Pipeline",
        ),
    ),
    Command(
        name="status",
        run=photos.status,
        panel=RUN,
        examples=(
            "scones status",
            "scones status 3fa91c",
            "scones status --driver anna",
            "scones status --stack Scones-prod-Pipeline",
        ),
    ),
    Command(name="env", run=system.env, panel=RUN, examples=('eval "$(scones env)"',)),
    Command(
        name="review",
        run=review.review,
        panel=REVIEW,
        examples=(
            "scones review",
            "scones review --as rita",
            "scones review --stack Scones-prod-Pipeline",
        ),
    ),
    Command(
        name="known",
        run=known.known,
        panel=REVIEW,
        examples=("scones known PHOTO neither", "scones known", "scones known PHOTO --forget"),
    ),
    Command(
        name="provision",
        run=provision.provision_person,
        panel=OPERATE,
        examples=(
            "scones provision reviewer rita",
            "scones provision driver dora --stack Scones-prod-Pipeline",
        ),
    ),
    Command(
        name="deploy",
        run=deploy.deploy,
        panel=OPERATE,
        examples=(
            "scones deploy dev --build",
            "scones deploy prod --dry-run",
            "scones deploy prod --model-url s3://MODELS/model.tar.gz --manifest manifest.json",
        ),
    ),
    Command(
        name="rollback",
        run=deploy.roll_back,
        panel=OPERATE,
        examples=("scones rollback prod", "scones rollback prod --dry-run"),
    ),
    Command(
        name="destroy",
        run=destroying.destroy,
        panel=RUN,
        examples=(
            "scones destroy dev --dry-run",
            "scones destroy dev --confirm dev",
            "scones destroy prod --lift-protection --keep-data",
        ),
    ),
    Command(
        name="doctor",
        run=doctor.doctor,
        panel=OPERATE,
        examples=("scones doctor", "scones doctor prod --test-alarm", "scones doctor --json"),
    ),
    Command(
        name="reconcile",
        run=reconciliation.reconcile,
        panel=OPERATE,
        examples=("scones reconcile", "scones reconcile --queues --repair --json"),
    ),
    Command(
        name="redrive",
        run=reconciliation.redrive,
        panel=OPERATE,
        examples=(
            "scones redrive --all-failed",
            "scones redrive PHOTO --stack Scones-prod-Pipeline",
            "scones redrive --queue intake --dry-run",
        ),
    ),
    Command(
        name="backfill",
        run=backfill.backfill,
        panel=OPERATE,
        examples=(
            "scones backfill intake/anna/ --dry-run",
            "scones backfill inventory/manifest.json --stack Scones-prod-Pipeline",
        ),
    ),
    Command(
        name="pause",
        run=controls.pause,
        panel=OPERATE,
        examples=(
            "scones pause --reason 'new endpoint'",
            "scones pause --stack Scones-prod-Pipeline",
        ),
    ),
    Command(
        name="resume",
        run=controls.resume,
        panel=OPERATE,
        examples=("scones resume", "scones resume --stack Scones-prod-Pipeline"),
    ),
    Command(
        name="threshold",
        run=controls.threshold,
        panel=OPERATE,
        examples=(
            "scones threshold show",
            "scones threshold set 0.97 --reason 'until the new model is in service'",
            "scones threshold stop --stack Scones-prod-Pipeline",
            "scones threshold normal --stack Scones-prod-Pipeline",
        ),
    ),
    Command(
        name="forget",
        run=forgetting.forget,
        panel=OPERATE,
        examples=(
            "scones forget anna --dry-run",
            "scones forget anna --certificate erasure.json --stack Scones-prod-Pipeline",
        ),
    ),
    Command(
        name="restore-ledger",
        run=restoring.restore_ledger,
        panel=OPERATE,
        examples=("scones restore-ledger --photos-from TABLE --dry-run",),
    ),
    Command(
        name="report",
        run=report.report,
        panel=MONITOR,
        examples=(
            "scones report --from today --open",
            "scones report --from 2026-11-01 --to 2026-11-07 --stack Scones-prod-Pipeline",
            "scones report --demo-day --open",
        ),
    ),
    Command(
        name="baseline",
        run=baseline.baseline,
        panel=MONITOR,
        examples=(
            "scones baseline",
            "scones baseline --from 2026-11-01 --to 2026-11-14 --dry-run",
            "scones baseline --forget",
        ),
    ),
    Command(
        name="train",
        run=training.train,
        panel=TRAIN,
        examples=(
            "scones train --labels s3://LABELS",
            "scones train --labels build/labels --photos ~/photos --data ../data",
            "scones train --labels s3://LABELS --register --bucket MODELS --image-uri IMAGE",
        ),
    ),
    Command(
        name="evaluate",
        run=evaluation.evaluate,
        panel=TRAIN,
        examples=(
            "scones evaluate ../shared/data",
            "scones evaluate ~/photos --held-back --out report.html",
            "scones evaluate ~/photos --photos photos.csv --against build/model",
        ),
    ),
)


def _epilog(title: str, lines: Iterable[str]) -> str:
    """Return the lines below a title; Typer keeps the line breaks."""
    return "\n".join((title, *(f"  {line}" for line in lines)))


app = typer.Typer(
    help="From a driver's photo to an order: run, review, operate and monitor the pipeline.",
    epilog=_epilog(
        "Programs beside it (each has --help):",
        (f"{program:<34}{purpose}" for program, purpose in PROGRAMS.items()),
    ),
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"scones {version()}")
        raise typer.Exit


@app.callback()
def main(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Take the options that belong to no command."""


for command in COMMANDS:
    app.command(
        command.name,
        rich_help_panel=command.panel,
        epilog=_epilog("Examples:", command.examples),
    )(command.run)
