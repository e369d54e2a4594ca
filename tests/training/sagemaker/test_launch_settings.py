"""A training job as it is asked for, and what is told of it while it runs."""

from typing import Any

import pytest

from training.sagemaker.errors import InvalidRequest, JobFailed
from training.sagemaker.job_settings import HyperParameters
from training.sagemaker.launch_settings import LaunchSettings
from training.sagemaker.wait_for_job import wait_for_job

ROLE = "arn:aws:iam::123456789012:role/training"


def asked(**changes: Any) -> LaunchSettings:
    return LaunchSettings(**{"role": ROLE, "bucket": "models", "data": "s3://b/data", **changes})


def test_sound_settings_pass() -> None:
    asked().check()
    asked(spot=False).check()
    asked(max_run_s=3600, max_wait_s=3600).check()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"role": "training"}, "no role's ARN"),
        ({"bucket": "s3://models"}, "no name of a bucket"),
        ({"instance_type": "c5.large"}, "like ml.c5.2xlarge"),
        ({"name": "a_b"}, "--name"),
        ({"volume_gb": 0}, "--volume-gb"),
        ({"max_run_s": 10}, "longest time"),
        ({"max_run_s": 3600, "max_wait_s": 3599}, "must not be shorter than --max-run"),
        ({"spot": False, "max_wait_s": 7200}, "for spot jobs"),
    ],
)
def test_contradictory_settings_are_refused_before_anything_is_sent(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        asked(**changes).check()


def test_spot_job_waits_longer_than_it_runs_and_another_does_not_wait() -> None:
    assert asked(max_run_s=3600).wait_s == 7200
    assert asked(spot=False).wait_s is None


def test_same_request_goes_on_from_the_same_checkpoints() -> None:
    first = asked().checkpoint_address("code")
    assert first == asked(instance_type="ml.g5.xlarge", spot=False).checkpoint_address("code")
    assert first.startswith("s3://models/training/checkpoints/")
    others = [
        asked(data="s3://b/more").checkpoint_address("code"),
        asked(hyperparameters=HyperParameters(seed=2)).checkpoint_address("code"),
        asked().checkpoint_address("other code"),
    ]
    assert len({first, *others}) == 4


class Job:
    """A SageMaker client whose job goes through stages."""

    def __init__(self, *stages: dict[str, Any]) -> None:
        self._stages = list(stages)

    def describe_training_job(self, **_: Any) -> dict[str, Any]:
        return self._stages.pop(0)


STARTING = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Starting"}


def watched(*stages: dict[str, Any]) -> tuple[str, list[str], list[float]]:
    said, slept = list[str](), list[float]()
    client: Any = Job(*stages)
    address = wait_for_job(client, "job-1", said.append, sleep=slept.append)
    return address, said, slept


def test_finished_job_answers_its_model() -> None:
    done = {
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/model.tar.gz"},
    }
    address, said, slept = watched(STARTING, STARTING, done)
    assert address == "s3://b/model.tar.gz"
    assert said == ["job-1: Starting", "job-1: Completed"]
    assert len(slept) == 2


@pytest.mark.parametrize(
    ("ended", "said"),
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
            "ended as MaxWaitTimeExceeded; give it more",
        ),
    ],
)
def test_failed_job_says_why_and_what_to_do(ended: dict[str, Any], said: str) -> None:
    with pytest.raises(JobFailed, match=said):
        watched(STARTING, ended)
