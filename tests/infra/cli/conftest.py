"""Fixtures of the commands: the state machine under moto, and the stage of the report."""

from tests.monitoring.conftest import stage
from tests.workflow.conftest import deployed, machine, operated, world

__all__ = ["deployed", "machine", "operated", "stage", "world"]
