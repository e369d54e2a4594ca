"""Is Data Capture on, and does it write? The daily report sees only what was captured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from handlers.aws.bucket import Bucket
from handlers.domain.ledger.schema import PhotoAttribute
from infra.operations.doctor.stage_check import (
    CheckAnswer,
    StageCheck,
    not_checkable,
    ok,
    problem,
)

if TYPE_CHECKING:
    from infra.operations.doctor.examined_stage import ExaminedStage

_WRITTEN_WITHIN = timedelta(minutes=20)  # SageMaker closes a capture file after minutes,
_WRITTEN_LOCALLY_WITHIN = timedelta(minutes=1)  # its stand-in after a second


def _capture_on(stage: ExaminedStage) -> CheckAnswer:
    if _environment(stage, "ClassifyFunction").get("CAPTURE_BUCKET"):
        return ok("the function Classify writes the captures")
    endpoint = stage.client("sagemaker").describe_endpoint(EndpointName=stage.endpoint_name)
    status = endpoint.get("DataCaptureConfig", {}).get("CaptureStatus", "Stopped")
    if status != "Started":
        return problem(f"capture of the endpoint is {status}, and Classify does not write either")
    return ok("the endpoint captures")


def _captures_written(stage: ExaminedStage) -> CheckAnswer:
    if stage.settings is not None and not stage.settings.captures_everything:
        return not_checkable("the stage captures a sample: a single photo proves nothing")
    wait = _WRITTEN_WITHIN if stage.target.is_deployed else _WRITTEN_LOCALLY_WITHIN
    settled = stage.now - wait
    moments = (_classified_at(row) for row in stage.photos)
    classified = next((at for at in moments if at is not None and at <= settled), None)
    if classified is None:
        minutes = round(wait.total_seconds() / 60)
        return not_checkable(
            f"no photo was classified in the last day, {minutes} minutes ago or more"
        )
    reader = _environment(stage, "ReportFunction")
    bucket = Bucket(stage.client("s3"), bucket=reader["CAPTURE_BUCKET"])
    hours = (classified, classified + timedelta(hours=1))  # a file may be closed in the next hour
    for variant in bucket.folders(f"{reader['CAPTURE_PREFIX']}/"):
        for hour in hours:
            if next(bucket.listed(f"{variant}{hour:%Y/%m/%d/%H}/"), None):
                return ok(f"capture files of {classified:%Y-%m-%d %H} UTC")
    return problem(f"a photo was classified at {classified:%Y-%m-%d %H:%M} UTC, without a capture")


def _environment(stage: ExaminedStage, function: str) -> dict[str, str]:
    configuration = stage.client("lambda").get_function_configuration(
        FunctionName=stage.target.output(function)
    )
    variables: dict[str, str] = configuration.get("Environment", {}).get("Variables", {})
    return variables


def _classified_at(row: dict[str, object]) -> datetime | None:
    """Return the time of the claim, which precedes the classification by seconds."""
    if not row.get(PhotoAttribute.MODEL_VERSION):
        return None
    try:
        at = datetime.fromisoformat(str(row[PhotoAttribute.CLAIMED_AT]))
    except (KeyError, ValueError):
        return None
    return at if at.tzinfo else None


CHECKS = (
    StageCheck(
        name="capture_on",
        question="Is Data Capture on?",
        remedy="Deploy stack Serving again; where the account has no Data Capture, set "
        "capture_writer to classify.",
        answer=_capture_on,
        aws_only="SageMaker endpoint",
    ),
    StageCheck(
        name="captures_written",
        question="Was a recent photo captured?",
        remedy="Check the endpoint's metric DiskUtilization and its role's right to write to the "
        "capture bucket.",
        answer=_captures_written,
    ),
)
