"""The complete definition, composed of the groups of states in the other modules."""

from infra.state_machine.assignment import assignment
from infra.state_machine.blocks import State
from infra.state_machine.identify import claims, identification
from infra.state_machine.lambdas import lambda_steps
from infra.state_machine.outcomes import (
    failure,
    parking,
    rejection,
    review,
    succeed_states,
)
from infra.state_machine.resources import WorkflowResources
from infra.state_machine.retry_limits import STANDARD

STUCK_AFTER_S = STANDARD.machine_s + 300  # by then no execution can still be running


def definition(resources: WorkflowResources) -> State:
    """Return the definition as a JSON object."""
    return {
        "Comment": "From a photo under intake/ to an assignment, a review, a refusal or a failure.",
        "StartAt": "Identify",
        "TimeoutSeconds": resources.retry_limits.machine_s,
        "States": {
            **identification(),
            **claims(resources),
            **lambda_steps(resources),
            **rejection(resources),
            **assignment(resources),
            **review(resources),
            **parking(resources),
            **failure(resources),
            **succeed_states(),
        },
    }
