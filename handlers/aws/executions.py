"""The state machine, as those who mend photos start it."""

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Executions:
    """Starts executions of one machine, Standard or Express."""

    def __init__(self, stepfunctions: "SFNClient", *, machine_arn: str) -> None:
        self._stepfunctions = stepfunctions
        self._machine_arn = machine_arn

    def start(self, event: Mapping[str, Any], *, label: str) -> str:  # Any: JSON
        """The ARN; the label is a part of the name, for whoever reads the list of executions."""
        # A name of its own each time: a name that was used once would be refused for 90 days, and
        # what keeps two starts apart is the claim.
        started = self._stepfunctions.start_execution(
            stateMachineArn=self._machine_arn,
            name=f"{label}-{uuid.uuid4()}",
            input=json.dumps(event),
        )
        arn: str = started["executionArn"]
        return arn
