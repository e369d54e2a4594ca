"""What operators set is in force, and neither a deployment nor a lost parameter undoes it."""

import dataclasses
import itertools
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handlers.domain.decision.threshold import LOST, SET
from infra.local.cloud_assembly.deploy import deploy
from infra.local.cloud_assembly.reader import read_json, read_stack
from infra.local.stage.stage import ASSEMBLY
from infra.operations.backfill import Backfill
from infra.operations.controls import (
    end_override,
    pause_or_resume,
    set_threshold,
    stop_assignment,
)
from infra.operations.target import Target
from infra.state_machine.lambdas import LAMBDA_TIMEOUTS_S
from tests.e2e.chain.conftest import Chain
from tests.e2e.reviews.filling import set_environment

pytestmark = pytest.mark.e2e

STACK = "Scones-local-Pipeline"
PARKED_WITHIN_S = 240  # of four photos at once, on a busy machine
_number = itertools.count()


@pytest.fixture
def target(chain: Chain) -> Target:
    return Target.of_stage(chain.stage)


def decide(chain: Chain, photo: str) -> dict[str, Any]:
    """Upload a photo and return its row; Filter has not read earlier what operators set."""
    set_environment(chain.stage, "FilterFunction", RENEWED=str(next(_number)))
    return chain.outcome(chain.upload(f"intake/controls/{photo}.jpg", chain.picture()))


def redeploy_with_another_tag(chain: Chain, folder: Path) -> None:
    """Deploy the same stack with one more tag on its tables and its parameter.

    Not on its secret: the emulator returns another reference to it after an update.
    """
    stack = read_stack(ASSEMBLY, STACK)
    template = read_json(stack.template_asset.source)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            resource["Properties"]["Tags"].append({"Key": "cost-center", "Value": "42"})
        elif resource["Type"] == "AWS::SSM::Parameter":
            resource["Properties"]["Tags"]["cost-center"] = "42"
    source = folder / "template.json"
    source.write_text(json.dumps(template), encoding="utf-8")
    changed = dataclasses.replace(stack.template_asset, source=source)
    assets = tuple(changed if asset == stack.template_asset else asset for asset in stack.assets)
    stack = dataclasses.replace(stack, template_asset=changed, assets=assets)
    deploy(
        stack.at(chain.stage.api_url),
        s3=chain.stage.client("s3"),
        cloudformation=chain.stage.client("cloudformation"),
        cache=folder / "cache",
        update=True,
    )


@pytest.fixture
def _assigning_again(target: Target) -> Iterator[None]:
    """After the test, drawings are assigned as before it."""
    yield
    set_threshold(target, 0.5, below_calibrated=True, reason="", now=datetime.now(UTC))


@pytest.mark.usefixtures("_assigning_again")
def test_a_stop_outlives_a_deployment_and_its_own_parameter_until_normal(
    chain: Chain, target: Target, tmp_path: Path
) -> None:
    stop_assignment(target, reason="drill", now=datetime.now(UTC))
    stopped = decide(chain, "stopped")
    assert (stopped["status"], source_of(stopped)) == ("in_review", SET)
    redeploy_with_another_tag(chain, tmp_path)
    redeployed = decide(chain, "redeployed")
    assert (redeployed["status"], source_of(redeployed)) == ("in_review", SET)
    parameter = chain.stage.outputs["PolicyOverrideParameter"]
    chain.stage.client("ssm").delete_parameter(Name=parameter)
    lost = decide(chain, "lost")
    assert (lost["status"], source_of(lost)) == ("in_review", LOST)
    end_override(target, reason="", now=datetime.now(UTC))
    assert source_of(decide(chain, "normal")) == "calibrated"
    # The model is not trained on drawings, and is less sure of them than calibrated.
    set_threshold(target, 0.5, below_calibrated=True, reason="", now=datetime.now(UTC))
    assert decide(chain, "lower")["status"] == "assigned"


def source_of(row: dict[str, Any]) -> str:
    return str(row["classification"]["threshold_source"])


def test_photos_of_a_pause_are_received_and_decided_when_it_ends(
    chain: Chain, target: Target
) -> None:
    pause_or_resume(target, paused=True, reason="drill", now=datetime.now(UTC))
    try:
        set_environment(chain.stage, "SerializeFunction", RENEWED=str(next(_number)))
        photos = [
            chain.upload(f"intake/paused/{number}.jpg", chain.picture()) for number in range(4)
        ]
        wait(lambda: all((chain.row(photo) or {}).get("parked_at") for photo in photos))
        rows = [chain.row(photo) or {} for photo in photos]
        assert {row["status"] for row in rows} == {"received"}
        assert {row["parked_reason"] for row in rows} == {"IntakePaused"}
        wait(lambda: not chain.running())
        assert not {"Classify", "Filter"} & entered(chain, rows)
    finally:
        pause_or_resume(target, paused=False, reason="", now=datetime.now(UTC))
        set_environment(chain.stage, "SerializeFunction", RENEWED=str(next(_number)))
    names = chain.stage.client("lambda").list_functions()["Functions"]
    (drain,) = (it["FunctionName"] for it in names if "Drain" in it["FunctionName"])
    chain.stage.client("lambda").invoke(FunctionName=drain, InvocationType="Event", Payload=b"{}")
    ends = [chain.outcome(photo) for photo in photos]
    assert {row["status"] for row in ends} == {"assigned"}
    assert {row["attempt"] for row in ends} == {2}
    # The drain starts the oldest first, several at once; whichever is decided last, the newest
    # upload of the driver holds the assignment.
    newest = max(ends, key=lambda row: (row["uploaded_at"], row["photo_id"]))
    assigned = chain.stage.client("dynamodb").get_item(
        TableName=chain.stage.outputs["AssignmentsTable"], Key={"driver_id": {"S": "paused"}}
    )
    assert assigned["Item"]["photo_id"]["S"] == newest["photo_id"]


def entered(chain: Chain, rows: list[dict[str, Any]]) -> set[str]:
    """The states of the chain's functions that the executions of these photos entered."""
    client = chain.stage.client("stepfunctions")
    histories = [
        client.get_execution_history(executionArn=row["execution_arn"], maxResults=1000)["events"]
        for row in rows
    ]
    names = {
        event.get("stateEnteredEventDetails", {}).get("name")
        for events in histories
        for event in events
    }
    return names & set(LAMBDA_TIMEOUTS_S)


def test_a_backfill_decides_photos_without_an_event_once(chain: Chain, target: Target) -> None:
    events = chain.stage.client("events")
    (rule,) = (rule["Name"] for rule in events.list_rules()["Rules"] if "Intake" in rule["Name"])
    events.disable_rule(Name=rule)
    try:
        photos = [
            chain.upload(f"intake/backfill/{number}.jpg", chain.picture()) for number in range(4)
        ]
    finally:
        events.enable_rule(Name=rule)
    assert not any(chain.row(photo) for photo in photos)
    estimate = Backfill(target, "intake/backfill/").estimate()
    assert (estimate.to_start, estimate.already) == (4, 0)
    assert started(target) == 4
    assert {chain.outcome(photo)["status"] for photo in photos} == {"assigned"}
    assert started(target) == 0


def started(target: Target) -> int:
    work = Backfill(target, "intake/backfill/", per_second=100, at_once=2)
    return [*work.run()][-1].started


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PARKED_WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {PARKED_WITHIN_S} s"
        time.sleep(0.2)
