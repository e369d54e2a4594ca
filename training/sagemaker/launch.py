"""Start a training job on SageMaker. The only module that imports the SageMaker SDK.

The SDK is large and slow to import, so it is imported only when a job is started;
`training/sagemaker/preflight.py` checks before what can be checked without it.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from training.model.provenance import code_digest, commit
from training.sagemaker.errors import CloudError, RoleMissing, SdkMissing, translated
from training.sagemaker.job_settings import CHECKPOINTS, DATA_CHANNEL, VERDICTS_CHANNEL
from training.sagemaker.job_source import COMMAND, REQUIREMENTS, stage_source
from training.sagemaker.launch_settings import LaunchSettings

if TYPE_CHECKING:
    import boto3
    from sagemaker.train import ModelTrainer

_FRAMEWORK, _VERSION = "pytorch-amzn2023", "2.13"  # as torch in pyproject.toml
# Used if the SDK's tables do not know the region or the version yet.
_IMAGE = "763104351884.dkr.ecr.{region}.amazonaws.com/pytorch:2.13-{kind}-amzn2023-sagemaker"
_GPU_FAMILIES = ("ml.g", "ml.p")
# Without this, the SDK reports every call to its vendor.
_TELEMETRY_OPT_OUT = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A job that SageMaker has accepted."""

    name: str
    image_uri: str
    checkpoint_address: str  # s3://…


def training_image(region: str, instance_type: str) -> str:
    """Return the address of AWS's PyTorch image, without a call to AWS."""
    try:
        from sagemaker.core import image_uris  # noqa: PLC0415
    except ModuleNotFoundError:
        return _plain_image(region, instance_type)
    try:
        image_uri: str = image_uris.retrieve(
            framework=_FRAMEWORK,
            region=region,
            version=_VERSION,
            instance_type=instance_type,
            image_scope="training",
        )
    except ValueError:  # its tables are as old as its release
        return _plain_image(region, instance_type)
    return image_uri


def launch(settings: LaunchSettings, session: "boto3.Session") -> Launched:
    """Upload the code and start the job, without waiting for it. Raises: CloudError."""
    settings.check()
    image = settings.image_uri or training_image(session.region_name, settings.instance_type)
    checkpoints = settings.checkpoint_address(code_digest())
    with tempfile.TemporaryDirectory(prefix="scones-job-") as folder:
        stage_source(Path(folder))
        with translated(f"starting {settings.name} on {settings.instance_type}"):
            name = _start(settings, session, image=image, checkpoints=checkpoints, source=folder)
    return Launched(name=name, image_uri=image, checkpoint_address=checkpoints)


def _start(
    settings: LaunchSettings, session: "boto3.Session", *, image: str, checkpoints: str, source: str
) -> str:
    try:
        from sagemaker.core.helper.iam_role_resolver import RoleValidationError  # noqa: PLC0415
        from sagemaker.core.training import configs  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SdkMissing(
            f"{error.name} is not installed here; `make setup-sagemaker` creates .venv-sagemaker: "
            "run this with .venv-sagemaker/bin/python"
        ) from error
    channels = {DATA_CHANNEL: settings.data, VERDICTS_CHANNEL: settings.verdicts}
    try:
        trainer = _trainer(settings, session, image=image, checkpoints=checkpoints, source=source)
        trainer.train(
            input_data_config=[
                configs.InputData(channel_name=channel, data_source=place)
                for channel, place in channels.items()
                if place
            ],
            wait=False,
            logs=False,
        )
    except RoleValidationError as error:
        raise RoleMissing(f"SageMaker cannot use {settings.role}: {error}") from error
    return _name_of(trainer)


def _trainer(
    settings: LaunchSettings, session: "boto3.Session", *, image: str, checkpoints: str, source: str
) -> "ModelTrainer":
    from sagemaker.core.helper.session_helper import Session  # noqa: PLC0415
    from sagemaker.core.shapes import Tag  # noqa: PLC0415
    from sagemaker.core.training import configs  # noqa: PLC0415
    from sagemaker.train import ModelTrainer  # noqa: PLC0415

    return ModelTrainer(
        sagemaker_session=Session(
            boto_session=session,
            default_bucket=settings.bucket,
            sagemaker_config=_TELEMETRY_OPT_OUT,
        ),
        role=settings.role,
        base_job_name=settings.name,
        training_image=image,
        source_code=configs.SourceCode(
            source_dir=source, command=COMMAND, requirements=REQUIREMENTS
        ),
        compute=configs.Compute(
            instance_type=settings.instance_type,
            instance_count=1,
            volume_size_in_gb=settings.volume_gb,
            enable_managed_spot_training=settings.spot,
        ),
        stopping_condition=configs.StoppingCondition(
            max_runtime_in_seconds=settings.max_run_s, max_wait_time_in_seconds=settings.wait_s
        ),
        checkpoint_config=configs.CheckpointConfig(s3_uri=checkpoints, local_path=str(CHECKPOINTS)),
        output_data_config=configs.OutputDataConfig(
            s3_output_path=f"s3://{settings.bucket}/training/output"
        ),
        hyperparameters=settings.hyperparameters.to_wire(),
        environment={"SCONES_COMMIT": commit() or ""},
        tags=[Tag(key=key, value=value) for key, value in sorted(settings.tags.items())],
    )


def _name_of(trainer: "ModelTrainer") -> str:
    job = trainer._latest_training_job  # noqa: SLF001 # the SDK has no public name for it
    if job is None:
        raise CloudError("the SDK did not start a job and did not report an error")
    return str(job.training_job_name)


def _plain_image(region: str, instance_type: str) -> str:
    kind = "cu133" if instance_type.startswith(_GPU_FAMILIES) else "cpu"
    return _IMAGE.format(region=region, kind=kind)
