"""The system that an operation acts on: the one of this laptop, or a deployed stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from infra.operations.errors import OutdatedStack
from monitoring.reconciliation.inventory_reader import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

    from infra.local.stage.stage import LocalStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A session that reaches the system, and the names of its resources.

    Each operation creates only the clients that it uses: on a deployed stage the caller needs no
    more rights than that operation.
    """

    session: boto3.Session
    outputs: Mapping[str, str]  # of the stack `Pipeline`
    stage: str
    is_deployed: bool = True  # on AWS; false for the system of this laptop
    status: str = ""  # of the stack, like UPDATE_COMPLETE; of this laptop's system, like ready
    since: str = ""  # ISO 8601, UTC: when the status began

    @classmethod
    def of_stage(cls, stage: LocalStage) -> Self:
        """The target for a stage that runs on this laptop."""
        return cls(session=stage.session(), outputs=stage.outputs, stage="local", is_deployed=False)

    @property
    def places(self) -> Places:
        """What reconciliation reads and repairs."""
        return Places.of_outputs(self.outputs)

    def output(self, name: str) -> str:
        """An output of the stack `Pipeline`. Raises: OutdatedStack."""
        value = self.outputs.get(name)
        if not value:
            raise OutdatedStack(
                f"stage {self.stage} was deployed before it had the output {name}: deploy it again."
            )
        return value
