"""The request for a training job, and the reports while it runs."""

from typing import Any

import pytest

from training.sagemaker.errors import InvalidRequest, JobFailed
from training.sagemaker.job_settings import HyperParameters
from training.sagemaker.launch_settings import LaunchSettings
from training.sagemaker.wait_for_job import wait_for_job

ROLE = "arn:aws:iam::123456789012:role/training"


def settings(**changes: Any) -> LaunchSettings:
    return LaunchSettings(**{"role": ROLE, "bucket": "models", "data": "s3://b/data", **changes})


def test_valid_settings_pass() -> None:
    settings().check()
    settings(spot=False).check()
    settings(max_run_s=3600, max_wait_s=3600).check()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"role": "training"}, "not a role's ARN"),
        ({"bucket": "s3://models"}, "not a valid bucket name"),
        ({"instance_type": "c5.large"}, "like ml.c5.2xlarge"),
        ({"name": "a_b"}, "--name"),
        ({"volume_gb": 0}, "--volume-gb"),
        ({"max_run_s": 10}, "--max-run must be from 300"),
        ({"max_run_s": 3600, "max_wait_s": 3599}, "must not be shorter than --max-run"),
        ({"spot": False, "max_wait_s": 7200}, "for spot jobs"),
    ],
)
def test_contradictory_settings_are_refused_before_anything_is_sent(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message):
        settings(**changes).check()


def test_spot_job_waits_longer_than_it_runs_and_another_does_not_wait() -> None:
    assert settings(max_run_s=3600).wait_s == 7200
    assert settings(spot=False).wait_s is None


def test_same_request_continues_from_the_same_checkpoints() -> None:
    first = settings().checkpoint_address("code")
    assert first == settings(instance_type="ml.g5.xlarge", spot=False).checkpoint_address("code")
    assert first.startswith("s3://models/training/checkpoints/")
    others = [
        settings(data="s3://b/more").checkpoint_address("code"),
        settings(hyperparameters=HyperParameters(seed=2)).checkpoint_address("code"),
        settings().checkpoint_address("other code"),
    ]
    assert len({first, *others}) == 4


class Job:
    """A SageMaker client whose job goes through stages."""

    def __init__(self, *stages: dict[str, Any]) -> None:
        self._stages = list(stages)

    def describe_training_job(self, **_: Any) -> dict[str, Any]:
        return self._stages.pop(0)


STARTING = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Starting"}


def waited(*stages: dict[str, Any]) -> tuple[str, list[str], list[float]]:
    lines, pauses = list[str](), list[float]()
    client: Any = Job(*stages)
    address = wait_for_job(client, "job-1", lines.append, sleep=pauses.append)
    return address, lines, pauses


def test_finished_job_returns_the_address_of_its_model() -> None:
    completed = {
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/model.tar.gz"},
    }
    address, lines, pauses = waited(STARTING, STARTING, completed)
    assert address == "s3://b/model.tar.gz"
    assert lines == ["job-1: Starting", "job-1: Completed"]
    assert len(pauses) == 2


@pytest.mark.parametrize(
    ("ended", "message"),
    [
        (
            {
                "TrainingJobStatus": "Failed",
                "SecondaryStatus": "Failed",
                "FailureReason": "AlgorithmError: Cannot train: no photos",
            },
            "Cannot train: no photos; the log is in CloudWatch",
        ),
        (
            {
                "TrainingJobStatus": "Failed",
                "SecondaryStatus": "Failed",
                "FailureReason": "CapacityError: none",
            },
            "without --spot",
        ),
        (
            {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxWaitTimeExceeded"},
            "ended as MaxWaitTimeExceeded; allow more time",
        ),
    ],
)
def test_failed_job_raises_the_reason_and_what_to_do(ended: dict[str, Any], message: str) -> None:
    with pytest.raises(JobFailed, match=message):
        waited(STARTING, ended)
