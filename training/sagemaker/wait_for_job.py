"""Waits for a training job, and says what became of it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from training.sagemaker.errors import JobFailed, translated

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

_BETWEEN_S = 20.0
# What SageMaker's reasons begin with, and what helps.
_ADVICE = (
    ("AlgorithmError", "the log is in CloudWatch, group /aws/sagemaker/TrainingJobs"),
    ("ClientError", "check image, role, data and code; the log is in CloudWatch"),
    ("CapacityError", "AWS has no such machine free: try later, elsewhere, or without --spot"),
    ("InternalServerError", "AWS failed: start it again, it goes on from its checkpoint"),
)


def wait_for_job(
    sagemaker: "SageMakerClient",
    name: str,
    report: Callable[[str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Until the job ends; answers the address of its model. Raises: JobFailed, CloudError."""
    stage = ""
    while True:
        with translated(f"asking about {name}"):
            job = sagemaker.describe_training_job(TrainingJobName=name)
        if job["SecondaryStatus"] != stage:
            stage = job["SecondaryStatus"]
            report(f"{name}: {stage}")
        status = job["TrainingJobStatus"]
        if status == "Completed":
            return job["ModelArtifacts"]["S3ModelArtifacts"]
        if status in {"Failed", "Stopped"}:
            raise JobFailed(_told(name, stage, job.get("FailureReason", "")))
        sleep(_BETWEEN_S)


def _told(name: str, stage: str, reason: str) -> str:
    advice = next((what for begin, what in _ADVICE if reason.startswith(begin)), "")
    if stage in {"MaxRuntimeExceeded", "MaxWaitTimeExceeded"}:
        advice = "give it more with --max-run or --max-wait; it goes on from its checkpoint"
    parts = (f"{name} ended as {stage}", reason, advice)
    return "; ".join(part for part in parts if part)
