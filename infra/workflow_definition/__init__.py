"""The state machine's definition, as plain Amazon States Language in JSONPath.

Pure Python and free of CDK, so that the very same definition is synthesized into the template and
run under a strict interpreter in the tests.
"""

from infra.workflow_definition.definition import MACHINE_TIMEOUT_S, definition
from infra.workflow_definition.resources import WorkflowResources

__all__ = ["MACHINE_TIMEOUT_S", "WorkflowResources", "definition"]
