"""Fixtures of the commands: the state machine under moto, and the stage of the report."""

from tests.monitoring.conftest import stage
from tests.workflow.conftest import deployed, operated, pipeline, workflow

__all__ = ["deployed", "operated", "pipeline", "stage", "workflow"]
