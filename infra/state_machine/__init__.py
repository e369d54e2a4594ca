"""The state machine's definition, as plain Amazon States Language in JSONPath.

Pure Python without CDK, so that the same definition is synthesized into the template and run by a
strict interpreter in the tests.
"""

from infra.state_machine.definition import STUCK_AFTER_S, definition
from infra.state_machine.resources import WorkflowResources
from infra.state_machine.retry_limits import EXPRESS, STANDARD, RetryLimits

__all__ = [
    "EXPRESS",
    "STANDARD",
    "STUCK_AFTER_S",
    "RetryLimits",
    "WorkflowResources",
    "definition",
]
