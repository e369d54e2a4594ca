"""Commands that mend, called as an operator calls them, against a world that is broken."""

import json
from collections.abc import Callable
from typing import Any, cast

from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from infra.cli import app
from tests.workflow.damaged_inventory import BUCKET, World
from tests.workflow.machine import Machine

OK, LEFT, WRONG, NOT_RUNNING = 0, 1, 2, 3
NOW = ("--older-than-minutes", "0")


def outputs_of(machine: Machine) -> dict[str, str]:
    return {
        "IntakeBucket": BUCKET,
        "PhotosTable": "photos",
        "AssignmentsTable": "assignments",
        "ReviewQueueUrl": machine.review_queue_url,
        "FailuresQueueUrl": machine.failures_queue_url,
        "StateMachineArn": machine.machine_arn,
    }


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def document(*arguments: str) -> Any:
    return json.loads(call(*arguments, "--json").stdout)


def fails(_payload: dict[str, Any]) -> dict[str, Any]:
    raise PhotoMissing("gone")


class PhotoMissing(Exception):
    """By this name the workflow knows it."""


def failed(world: World, key: str) -> str:
    working = world.machine.steps.get("serialize")
    world.machine.steps["serialize"] = [fails]
    world.upload(key)
    if working:
        world.machine.steps["serialize"] = working
    else:
        del world.machine.steps["serialize"]
    (photo,) = (row["photo_id"] for row in world.machine.photos() if row["key"] == key)
    return str(photo)


def refusing(start: Callable[..., str], *, call: int) -> Callable[..., str]:
    """Step Functions has too much to do, at the n-th call."""
    calls = iter(range(1, 100))

    def start_or_refuse(*arguments: Any, **named: Any) -> str:
        if next(calls) == call:
            refusal = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
            raise ClientError(cast("Any", refusal), "StartExecution")
        return start(*arguments, **named)

    return start_or_refuse
