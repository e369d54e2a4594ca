"""The one command, `scones`: everything that people do with the project."""

import typer

from infra.cli import (
    baseline,
    demo,
    evaluation,
    known,
    photos,
    provision,
    reconciliation,
    report,
    review,
    system,
    training,
)

app = typer.Typer(
    help="From a driver's photo to an order: run, watch and look after the pipeline.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _examples(*lines: str) -> str:
    return "Examples:  " + "   |   ".join(lines)


app.command(
    epilog=_examples(
        "scones demo",
        "scones demo --json ~/Pictures",
        "scones demo --photos-per-second 5 --minutes 2 --burst 50",
    )
)(demo.demo)
app.command(epilog=_examples("scones up", "scones up --keep --drop-folder ~/Drop"))(system.up)
app.command(epilog=_examples("scones down", "scones down --discard"))(system.down)
app.command(epilog=_examples('eval "$(scones env)"', "aws s3 ls"))(system.env)
app.command(epilog=_examples("scones submit bike.jpg --driver anna --wait"))(photos.submit)
app.command(
    epilog=_examples("scones status", "scones status 3fa91c", "scones status --driver anna")
)(photos.status)
app.command(
    epilog=_examples(
        "scones train --labels s3://scones-prod-labels-…",
        "scones train --labels build/labels --photos ~/photos --data ../data",
        "scones train --labels s3://… --register --bucket models --image-uri …/serving:1",
    )
)(training.train)
app.command(
    epilog=_examples(
        "scones evaluate ../shared/data", "scones evaluate ~/photos --held-back --out report.html"
    )
)(evaluation.evaluate)
app.command(
    epilog=_examples("scones review", "scones review --as rita", "scones review --no-browser")
)(review.review)
app.command(
    "provision",
    epilog=_examples("scones provision reviewer rita", "scones provision driver dora --stage prod"),
)(provision.provision_person)
app.command(
    epilog=_examples(
        "scones report --from today --open",
        "scones report --from 2026-11-01 --to 2026-11-07 --stack Scones-prod-Pipeline",
        "scones report --demo-day --open",
    )
)(report.report)
app.command(
    epilog=_examples(
        "scones baseline --from 2026-11-01 --to 2026-11-14 --dry-run",
        "scones baseline --forget",
        "scones baseline",
    )
)(baseline.baseline)
app.command(
    epilog=_examples("scones known PHOTO neither", "scones known", "scones known PHOTO --forget")
)(known.known)
app.command(
    "reconcile",
    epilog=_examples("scones reconcile", "scones reconcile --queues --repair --json"),
)(reconciliation.reconcile_)
app.command(
    epilog=_examples("scones redrive --all-failed", "scones redrive PHOTO --stack Scones-prod-…")
)(reconciliation.redrive)
