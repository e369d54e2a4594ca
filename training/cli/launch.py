"""`python -m training launch`: train on SageMaker."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import boto3
import typer

from training.cli.errors import exit_on_error
from training.registry.archive import unpack
from training.registry.model_store import ModelStore
from training.sagemaker.errors import InvalidRequest, translated
from training.sagemaker.job_settings import HyperParameters, InvalidJob
from training.sagemaker.launch import launch, training_image
from training.sagemaker.launch_settings import LaunchSettings
from training.sagemaker.preflight import Preflight
from training.sagemaker.wait_for_job import wait_for_job

app = typer.Typer()


@app.command("launch")
def launch_command(
    role: Annotated[str, typer.Option(help="ARN of the role that SageMaker assumes.")],
    bucket: Annotated[str, typer.Option(help="For code, checkpoints and the model.")],
    data: Annotated[str, typer.Option(help="s3://… or a folder, which is uploaded.")],
    *,
    verdicts: Annotated[str | None, typer.Option(help="The same, of collected verdicts.")] = None,
    instance_type: Annotated[str, typer.Option(help="Machine.")] = "ml.c5.2xlarge",
    image_uri: Annotated[str | None, typer.Option(help="Default: AWS's PyTorch.")] = None,
    spot: Annotated[bool, typer.Option(help="A cheaper machine that AWS may reclaim.")] = True,
    max_run: Annotated[int, typer.Option(help="Seconds of training, at most.")] = 4 * 3600,
    max_wait: Annotated[
        int | None, typer.Option(help="Seconds in all, with --spot. Default: twice --max-run.")
    ] = None,
    name: Annotated[str, typer.Option(help="The job's name begins with it.")] = "scones-train",
    tag: Annotated[list[str] | None, typer.Option(help="key=value; repeat for more.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Hyperparameter, name=value; repeat.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Wait for the job, and put its model here.")
    ] = None,
) -> None:
    """Start a training job; with --out, wait for its model.

    Example: python -m training launch --role arn:aws:iam::1:role/t --bucket b --data s3://b/data
    """
    with exit_on_error() as console:
        settings = LaunchSettings(
            role=role,
            bucket=bucket,
            data=data,
            verdicts=verdicts,
            name=name,
            instance_type=instance_type,
            image_uri=image_uri,
            spot=spot,
            max_run_s=max_run,
            max_wait_s=max_wait,
            tags={"project": "scones-unlimited", **_pairs("--tag", tag)},
            hyperparameters=_hyperparameters(set_),
        )
        with translated("starting a training job"):
            session = boto3.Session()
            settings = checked(settings, session)
            launched = launch(settings, session)
        console.print(f"{launched.name} on {launched.image_uri}")
        console.print(f"checkpoints: {launched.checkpoint_address}")
        if out is None:
            return
        address = wait_for_job(session.client("sagemaker"), launched.name, console.print)
        store = ModelStore(s3=session.client("s3"), bucket=bucket)
        console.print(f"{unpack(store.get(address), out).model_version} in {out}")


def checked(settings: LaunchSettings, session: boto3.Session) -> LaunchSettings:
    """Return the settings with their image, after checks of settings, role, bucket and image.

    Raises: CloudError.
    """
    settings.check()
    with translated("reading the caller's identity"):
        account = session.client("sts").get_caller_identity()["Account"]
    preflight = Preflight(
        iam=session.client("iam"), s3=session.client("s3"), ecr=session.client("ecr")
    )
    preflight.check_role(settings.role)
    preflight.check_bucket(settings.bucket)
    image = settings.image_uri or training_image(session.region_name, settings.instance_type)
    preflight.check_image(image, account=account)
    return replace(settings, image_uri=image)


def _hyperparameters(words: list[str] | None) -> HyperParameters:
    try:
        return HyperParameters.from_wire(_pairs("--set", words))
    except InvalidJob as error:
        raise InvalidRequest(str(error)) from error


def _pairs(option: str, words: list[str] | None) -> dict[str, str]:
    pairs = dict(word.partition("=")[::2] for word in words or [])
    if any(not name or not value for name, value in pairs.items()):
        raise InvalidRequest(f"{option} needs name=value")
    return pairs
