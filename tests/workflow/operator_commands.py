"""`scones reconcile` and `scones redrive`, called as an operator does, on a faulty pipeline."""

import json
from collections.abc import Callable
from typing import Any, cast

from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from infra.cli import app
from tests.workflow.faulty_pipeline import BUCKET, FaultyPipeline
from tests.workflow.harness import WorkflowHarness

EXIT_OK, EXIT_UNREPAIRED, EXIT_USAGE_ERROR, EXIT_NOT_RUNNING = 0, 1, 2, 3
OLDER_THAN_0_MINUTES = ("--older-than-minutes", "0")


def outputs_of(workflow: WorkflowHarness) -> dict[str, str]:
    return {
        "IntakeBucket": BUCKET,
        "PhotosTable": "photos",
        "AssignmentsTable": "assignments",
        "ReviewQueueUrl": workflow.review_queue_url,
        "FailuresQueueUrl": workflow.failures_queue_url,
        "StateMachineArn": workflow.state_machine_arn,
    }


def run_command(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def run_json_command(*arguments: str) -> Any:
    return json.loads(run_command(*arguments, "--json").stdout)


def fails(_payload: dict[str, Any]) -> dict[str, Any]:
    raise PhotoMissing("gone")


class PhotoMissing(Exception):
    """Has the name of the error that the workflow catches."""


def upload_failed(pipeline: FaultyPipeline, key: str) -> str:
    """Upload a photo whose execution fails; return its id."""
    working = pipeline.workflow.steps.get("serialize")
    pipeline.workflow.steps["serialize"] = [fails]
    pipeline.upload(key)
    if working:
        pipeline.workflow.steps["serialize"] = working
    else:
        del pipeline.workflow.steps["serialize"]
    (photo,) = (row["photo_id"] for row in pipeline.workflow.photos() if row["key"] == key)
    return str(photo)


def throttled_at(start: Callable[..., str], *, call: int) -> Callable[..., str]:
    """Wrap `Executions.start` so that Step Functions throttles the n-th call, counted from 1."""
    calls = iter(range(1, 100))

    def start_or_refuse(*arguments: Any, **named: Any) -> str:
        if next(calls) == call:
            refusal = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
            raise ClientError(cast("Any", refusal), "StartExecution")
        return start(*arguments, **named)

    return start_or_refuse
