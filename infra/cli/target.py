"""Which system a command is about: the one of `scones up`, or a deployed stack by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from infra.local.errors import StageError
from infra.local.stage.state_file import home, running_state
from monitoring.reconciliation.inventory_reader import Places

if TYPE_CHECKING:
    from collections.abc import Mapping


_PIPELINE = re.compile(r"Scones-(?P<stage>.+)-Pipeline")


class NoSuchStack(StageError):
    """There is no such stack where the credentials point, or it has no outputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A system that can be read and mended."""

    session: boto3.Session
    outputs: Mapping[str, str]  # of the stack `Pipeline`
    stage: str

    @property
    def places(self) -> Places:
        """Where it keeps things."""
        return Places.of_outputs(self.outputs)

    @property
    def report_function(self) -> str:
        """Whose settings and sources a report has. Raises: NoSuchStack."""
        name = self.outputs.get("ReportFunction")
        if name is None:
            raise NoSuchStack(f"stage {self.stage} is from before the report: deploy it anew.")
        return name


def target(stack: str | None) -> Target:
    """With a stack's name, that one, by the credentials of the environment.

    Raises: NotRunning, NoSuchStack, ClientError.
    """
    if stack is None:
        state = running_state(home())
        return Target(session=state.stage().session(), outputs=state.outputs, stage="local")
    session = boto3.Session()
    found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {
        each["OutputKey"]: each["OutputValue"]
        for each in (found[0].get("Outputs", []) if found else [])
    }
    named = _PIPELINE.fullmatch(stack)
    if "PhotosTable" not in outputs or named is None:
        raise NoSuchStack(f"{stack} is no Pipeline stack: try Scones-prod-Pipeline.")
    return Target(session=session, outputs=outputs, stage=named["stage"])
