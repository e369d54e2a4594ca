"""The system that a command acts on: the one of `scones up`, or a deployed stack by its name."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from handlers.domain.timestamps import stamp
from infra.cli.errors import NoSuchStack
from infra.config import STAGES_FOLDER, stage_file, stage_settings
from infra.local.stage.state_file import home, running_state
from infra.operations.deployment.account import Account
from infra.operations.target import Target

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_cloudformation.type_defs import StackTypeDef

    from infra.local.stage.state_file import UpState

_PIPELINE = re.compile(r"Scones-(?P<stage>.+)-Pipeline")
_EXAMPLE = "give the name of a stack `Pipeline`, like Scones-prod-Pipeline."


def target(stack: str | None, *, stages: Path = STAGES_FOLDER) -> Target:
    """Return the system of this laptop, or the stack that the environment's credentials reach.

    Account and Region are those of the stage's file in `stages`; what a file does not name, or a
    stage without a file, is taken from the environment.
    Raises: NotRunning, NoSuchStack, DeploymentRefused, InvalidConfig, ClientError, BotoCoreError.
    """
    if stack is None:
        return target_of_laptop(running_state(home()))
    return _deployed(stack, stages=stages)


def target_of_laptop(state: UpState) -> Target:
    """Return the target for the system that `scones up` keeps running."""
    running = Target.of_stage(state.stage())
    return dataclasses.replace(running, status=state.status, since=state.since)


def _deployed(name: str, *, stages: Path) -> Target:
    """Needs one right beside those of the operation: cloudformation:DescribeStacks."""
    stage = _PIPELINE.fullmatch(name)
    if stage is None:
        raise NoSuchStack(f"{name} is not a stack of a stage: {_EXAMPLE}")
    session = _session(stage["stage"], stages=stages)
    stack = _described(session, name)
    outputs = {
        output["OutputKey"]: output["OutputValue"]
        for output in stack.get("Outputs", [])
        if "OutputKey" in output and "OutputValue" in output
    }
    if "PhotosTable" not in outputs:
        raise NoSuchStack(f"{name} has no outputs (status {stack['StackStatus']}): {_EXAMPLE}")
    return Target(
        session=session,
        outputs=outputs,
        stage=stage["stage"],
        status=stack["StackStatus"],
        since=stamp(stack.get("LastUpdatedTime", stack["CreationTime"])),
    )


def _session(stage: str, *, stages: Path) -> boto3.Session:
    if not stage_file(stage, folder=stages).is_file():
        return boto3.Session()
    config = stage_settings(stage, folder=stages)
    if config.account is not None and config.region is not None:
        return Account.of_stage(config).session
    return boto3.Session(region_name=config.region)


def _described(session: boto3.Session, name: str) -> StackTypeDef:
    try:
        stacks = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        # CloudFormation reports a stack that does not exist as invalid input.
        if error.response.get("Error", {}).get("Code") != "ValidationError":
            raise
        raise NoSuchStack(f"the account and region have no stack {name}: {_EXAMPLE}") from error
    return stacks[0]
