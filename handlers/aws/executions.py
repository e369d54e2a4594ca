"""Starts executions of the state machine, for the sweeper, repairs and redrive."""

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Executions:
    """Starts executions of one state machine, Standard or Express."""

    def __init__(self, stepfunctions: "SFNClient", *, machine_arn: str) -> None:
        self._stepfunctions = stepfunctions
        self._machine_arn = machine_arn

    def start(self, event: Mapping[str, Any], *, label: str) -> str:  # Any: JSON
        """Start an execution and return its ARN; `label` becomes the beginning of its name."""
        # The name is unique, because a used name is refused for 90 days. That a photo has only one
        # execution is ensured by the claim, not by the name.
        response = self._stepfunctions.start_execution(
            stateMachineArn=self._machine_arn,
            name=f"{label}-{uuid.uuid4()}",
            input=json.dumps(event),
        )
        arn: str = response["executionArn"]
        return arn
