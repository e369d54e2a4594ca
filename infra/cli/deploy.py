"""`scones deploy` and `rollback`: a stage into an account, and its former model back."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.errors import exit_on_error
from infra.cli.options import AsJson, Stage, Stages
from infra.config import STAGES_FOLDER
from infra.operations.deployment.artefacts import SHIPPED_MODEL, Build
from infra.operations.deployment.deploy import Deployment, Dialogue, rollback
from infra.operations.deployment.serving_image import OTHER_USER, ROOT_USER
from infra.operations.plain_text import plain_text

if TYPE_CHECKING:
    from infra.operations.deployment.canary import CanaryResult
    from infra.operations.deployment.deploy import DeploymentResult

CANARY_FAILED = 1

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for approval.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check and show the differences; change nothing.")
]
NoCanary = Annotated[bool, typer.Option("--no-canary", help="Send no canary photos afterwards.")]


def deploy(
    stage: Stage,
    *,
    build: Annotated[
        bool,
        typer.Option(
            "--build",
            help="After approval, build and push the serving image and upload the model, where "
            "missing; not what --image-uri or --model-url names.",
        ),
    ] = False,
    model: Annotated[
        Path | None,
        typer.Option(help="With --build: folder of the model.", show_default="the shipped"),
    ] = None,
    non_root: Annotated[
        bool,
        typer.Option(
            "--non-root",
            help="With --build: a container that does not run as root, as AWS expects.",
        ),
    ] = False,
    image_uri: Annotated[
        str, typer.Option(help="Another serving image; written to the stage's file.")
    ] = "",
    model_url: Annotated[
        str, typer.Option(help="Another model, s3://…/model.tar.gz; written to the file.")
    ] = "",
    manifest: Annotated[
        list[Path] | None,
        typer.Option(help="Manifest of a model in service; repeat for more; written to the file."),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    no_canary: NoCanary = False,
    stages: Stages = STAGES_FOLDER,
    as_document: AsJson = False,
) -> None:
    """Deploy a stage as its file says, after checks and approval, and try it with canary photos.

    The only source of the settings is the stage's file; the options for the model change its
    lines once they are deployed.

    While intake is paused or the endpoint is off by its hours, no canary photos are sent.

    Exit code: 0 deployed or nothing to do, 1 a canary photo had another outcome than expected,
    2 refused or failed.
    """
    given = {
        "model_image_uri": image_uri,
        "model_data_url": model_url,
        "model_manifests": [path.as_posix() for path in manifest or []],
    }
    if (model or non_root) and not build:
        raise typer.BadParameter("--model and --non-root go with --build")
    if (model and model_url) or (non_root and image_uri) or (build and image_uri and model_url):
        raise typer.BadParameter(
            "--build makes no archive beside --model-url and no image beside --image-uri"
        )
    making = Build(
        model=(model or SHIPPED_MODEL).absolute(), user=OTHER_USER if non_root else ROOT_USER
    )
    with exit_on_error(interrupted="what CloudFormation has begun goes on; deploy again."):
        result = Deployment(
            stage=stage,
            dialogue=_dialogue(yes=yes, as_document=as_document),
            stages=stages.absolute(),
            model={name: value for name, value in given.items() if value},
            build=making if build else None,
            is_dry_run=dry_run,
            sends_canaries=not no_canary,
        ).run()
    _show(result, as_document=as_document)


def roll_back(
    stage: Stage,
    *,
    yes: Yes = False,
    dry_run: DryRun = False,
    no_canary: NoCanary = False,
    stages: Stages = STAGES_FOLDER,
    as_document: AsJson = False,
) -> None:
    """Return a stage to the model that it had before, and keep its other settings.

    Writes the model's lines to the stage's file once they are deployed.

    Exit code: 0 rolled back, 1 a canary photo had another outcome than expected, 2 no earlier
    model, refused or failed.
    """
    with exit_on_error(interrupted="what CloudFormation has begun goes on; run it again."):
        result = rollback(
            stage,
            dialogue=_dialogue(yes=yes, as_document=as_document),
            stages=stages.absolute(),
            is_dry_run=dry_run,
            sends_canaries=not no_canary,
        )
    _show(result, as_document=as_document)


def _dialogue(*, yes: bool, as_document: bool) -> Dialogue:
    return Dialogue(
        show=lambda line: typer.echo(
            plain_text(line) if "\n" not in line else line, err=as_document
        ),
        approves=lambda question: yes or _is_confirmed(question, err=as_document),
    )


def _is_confirmed(question: str, *, err: bool) -> bool:
    try:
        return typer.confirm(question, err=err)
    except typer.Abort:  # no terminal, or Ctrl-C
        return False


def _show(result: "DeploymentResult", *, as_document: bool) -> None:
    if as_document:
        typer.echo(json.dumps(dataclasses.asdict(result), indent=2))
    else:
        for canary in result.canaries:
            typer.echo(_canary_line(canary))
        typer.echo(_summary(result))
        if result.canaries_not_sent:
            typer.echo(
                f"no canary photos: {result.canaries_not_sent}; they would wait and show nothing. "
                f"Run `scones deploy {result.stage}` again afterwards."
            )
        for stack in result.not_deployed:
            typer.echo(f"not deployed here: {stack} (the emulator knows no SageMaker resources)")
    if not result.has_passed:
        typer.echo(
            "scones: a canary photo had another outcome than expected; its row is kept. "
            f"`scones rollback {result.stage}` returns to the former model.",
            err=True,
        )
        raise typer.Exit(CANARY_FAILED)


def _summary(result: "DeploymentResult") -> str:
    if not result.is_deployed:
        return f"{result.stage}: nothing was changed"
    if not result.changed:
        return f"{result.stage}: nothing to deploy; model {result.model_version}"
    return f"{result.stage}: deployed {', '.join(result.changed)}; model {result.model_version}"


def _canary_line(canary: "CanaryResult") -> str:
    words = [canary.outcome, canary.vehicle or "", canary.reason or ""]
    outcome = " ".join(filter(None, words)).replace("_", " ")
    return f"  canary {canary.name:<24}{outcome:<32}{canary.problem or 'as expected'}"
