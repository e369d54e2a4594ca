"""A training job, started through the SDK against AWS in memory."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from training.sagemaker.errors import NotAllowed, QuotaExceeded, RoleMissing, SdkMissing
from training.sagemaker.job_settings import HyperParameters
from training.sagemaker.launch import launch, training_image
from training.sagemaker.launch_settings import LaunchSettings

HAS_SDK = importlib.util.find_spec("sagemaker") is not None


def needs_sdk(test: Any) -> Any:
    """Skip the test without the SDK; with it, ignore the warnings of its own code."""
    reason = "the SageMaker SDK is not installed; `make test-sagemaker` installs it"
    without_warnings = pytest.mark.filterwarnings("ignore")(test)
    return pytest.mark.skipif(not HAS_SDK, reason=reason)(without_warnings)


BUCKET = "scones-training"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
Call = Callable[[dict[str, Any]], dict[str, Any]]  # Any: AWS's own structures


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        session.client("s3").create_bucket(Bucket=BUCKET)
        session.client("iam").create_role(
            RoleName="training", AssumeRolePolicyDocument=json.dumps(TRUST)
        )
        yield session


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Call], None]:
    """A function that replaces the response of one of AWS's operations."""
    stubs: dict[str, Call] = {}
    real = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]  # private

    def call(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if operation in stubs:
            return stubs[operation](arguments)
        return real(self, operation, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    # Moto does not have this operation, which the SDK calls to check the role.
    stubs["SimulatePrincipalPolicy"] = lambda arguments: {
        "EvaluationResults": [
            {"EvalActionName": name, "EvalDecision": "allowed"} for name in arguments["ActionNames"]
        ],
        "IsTruncated": False,
    }

    def replace_operation(operation: str, stub: Call) -> None:
        stubs[operation] = stub

    return replace_operation


def refusal(operation: str, code: str, message: str) -> Call:
    def refuse(_: dict[str, Any]) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": code, "Message": message}}, operation)

    return refuse


def settings(**changes: Any) -> LaunchSettings:
    return LaunchSettings(
        **{
            "role": "arn:aws:iam::123456789012:role/training",
            "bucket": BUCKET,
            "data": f"s3://{BUCKET}/data",
            "tags": {"project": "scones"},
            "hyperparameters": HyperParameters(seed=3, epochs=2),
            **changes,
        }
    )


@needs_sdk
@pytest.mark.usefixtures("replaced")
def test_job_is_requested_with_the_settings(session: boto3.Session) -> None:
    launched = launch(settings(max_run_s=3600), session)
    job = session.client("sagemaker").describe_training_job(TrainingJobName=launched.name)
    assert job["AlgorithmSpecification"]["TrainingImage"].endswith("-cpu-amzn2023-sagemaker")
    assert job["RoleArn"] == "arn:aws:iam::123456789012:role/training"
    assert job["HyperParameters"] == {"seed": "3", "epochs": "2"}
    assert job["EnableManagedSpotTraining"] is True
    assert job["StoppingCondition"]["MaxRuntimeInSeconds"] == 3600
    assert job["StoppingCondition"]["MaxWaitTimeInSeconds"] == 7200
    assert job["CheckpointConfig"]["S3Uri"] == launched.checkpoint_address
    assert job["CheckpointConfig"]["LocalPath"] == "/opt/ml/checkpoints"
    assert job["OutputDataConfig"]["S3OutputPath"] == f"s3://{BUCKET}/training/output"
    channels = {entry["ChannelName"]: entry for entry in job["InputDataConfig"]}
    assert channels["data"]["DataSource"]["S3DataSource"]["S3Uri"] == f"s3://{BUCKET}/data"
    assert {"data", "code"} <= set(channels)
    assert "verdicts" not in channels


@needs_sdk
@pytest.mark.usefixtures("replaced")
def test_job_gets_only_the_code_that_trains(session: boto3.Session) -> None:
    launch(settings(), session)
    objects = session.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    code = [entry["Key"].partition("/input/code/")[2] for entry in objects]
    names = {name for name in code if name}
    assert {
        "training/sagemaker/job.py",
        "handlers/domain/photo/wire_image.py",
        "requirements.txt",
    } <= names
    assert not {name for name in names if name.startswith(("infra", "tests", "training/shipped"))}


@needs_sdk
@pytest.mark.usefixtures("replaced")
def test_folder_of_verdicts_is_uploaded_as_a_channel(
    session: boto3.Session, tmp_path: Path
) -> None:
    (tmp_path / "photo").write_bytes(b"x")
    launched = launch(settings(verdicts=str(tmp_path), spot=False), session)
    job = session.client("sagemaker").describe_training_job(TrainingJobName=launched.name)
    assert "verdicts" in {entry["ChannelName"] for entry in job["InputDataConfig"]}
    assert not job.get("EnableManagedSpotTraining")


@needs_sdk
@pytest.mark.parametrize(
    ("code", "expected"),
    [("ResourceLimitExceeded", QuotaExceeded), ("AccessDeniedException", NotAllowed)],
)
def test_refusal_of_aws_includes_what_to_do(
    session: boto3.Session,
    replaced: Callable[[str, Call], None],
    code: str,
    expected: type[Exception],
) -> None:
    replaced("CreateTrainingJob", refusal("CreateTrainingJob", code, "no more than 0"))
    with pytest.raises(expected, match=r"no more than 0 .*; ask for"):
        launch(settings(), session)


@needs_sdk
def test_role_without_rights_is_refused(
    session: boto3.Session, replaced: Callable[[str, Call], None]
) -> None:
    replaced(
        "SimulatePrincipalPolicy",
        lambda arguments: {
            "EvaluationResults": [
                {"EvalActionName": name, "EvalDecision": "implicitDeny"}
                for name in arguments["ActionNames"]
            ],
            "IsTruncated": False,
        },
    )
    with pytest.raises(RoleMissing, match="training"):
        launch(settings(), session)


@needs_sdk
def test_image_comes_from_the_tables_of_the_sdk() -> None:
    image = training_image("eu-central-1", "ml.c5.2xlarge")
    assert image.startswith("763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch:2.13-cpu")
    assert "-cu" in training_image("eu-central-1", "ml.g5.xlarge")


@pytest.mark.skipif(HAS_SDK, reason="the SageMaker SDK is installed")
def test_image_is_known_without_the_sdk() -> None:
    assert training_image("eu-central-1", "ml.c5.2xlarge") == (
        "763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch:2.13-cpu-amzn2023-sagemaker"
    )


@pytest.mark.skipif(HAS_SDK, reason="the SageMaker SDK is installed")
def test_missing_sdk_is_named_with_the_command_that_installs_it(session: boto3.Session) -> None:
    with pytest.raises(SdkMissing, match="make setup-sagemaker"):
        launch(settings(), session)
