"""Wait for a training job and report its outcome."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from training.sagemaker.errors import JobFailed, translated

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

_BETWEEN_S = 20.0
# How SageMaker's reasons begin, and what to do.
_ADVICE = (
    ("AlgorithmError", "the log is in CloudWatch, group /aws/sagemaker/TrainingJobs"),
    ("ClientError", "check image, role, data and code; the log is in CloudWatch"),
    ("CapacityError", "AWS has no such machine free: try later, elsewhere, or without --spot"),
    ("InternalServerError", "AWS failed: start it again, it continues from its checkpoint"),
)


def wait_for_job(
    sagemaker: "SageMakerClient",
    name: str,
    report: Callable[[str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Wait until the job ends, and return the `s3://` address of its model.

    Raises: JobFailed, CloudError.
    """
    stage = ""
    while True:
        with translated(f"reading the state of {name}"):
            job = sagemaker.describe_training_job(TrainingJobName=name)
        if job["SecondaryStatus"] != stage:
            stage = job["SecondaryStatus"]
            report(f"{name}: {stage}")
        status = job["TrainingJobStatus"]
        if status == "Completed":
            return job["ModelArtifacts"]["S3ModelArtifacts"]
        if status in {"Failed", "Stopped"}:
            raise JobFailed(_failure_message(name, stage, job.get("FailureReason", "")))
        sleep(_BETWEEN_S)


def _failure_message(name: str, stage: str, reason: str) -> str:
    advice = next((text for prefix, text in _ADVICE if reason.startswith(prefix)), "")
    if stage in {"MaxRuntimeExceeded", "MaxWaitTimeExceeded"}:
        advice = "allow more time with --max-run or --max-wait; it continues from its checkpoint"
    parts = (f"{name} ended as {stage}", reason, advice)
    return "; ".join(part for part in parts if part)
