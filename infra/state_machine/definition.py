"""The complete definition, composed of the groups of states in the other modules."""

from infra.state_machine.assignment import assignment
from infra.state_machine.blocks import State
from infra.state_machine.identify import claims, identification
from infra.state_machine.lambdas import lambda_steps
from infra.state_machine.outcomes import failure, rejection, review, succeed_states
from infra.state_machine.resources import WorkflowResources

MACHINE_TIMEOUT_S = 900
STUCK_AFTER_S = MACHINE_TIMEOUT_S + 300  # by then no execution can still be running
EXPRESS_TIMEOUT_S = 300  # the limit of Express workflows


def definition(resources: WorkflowResources, *, timeout_s: int = MACHINE_TIMEOUT_S) -> State:
    """Return the definition as a JSON object.

    `timeout_s` is the limit of one execution, at most `EXPRESS_TIMEOUT_S` for an Express workflow.
    """
    return {
        "Comment": "From a photo under intake/ to an assignment, a review, a refusal or a failure.",
        "StartAt": "Identify",
        "TimeoutSeconds": timeout_s,
        "States": {
            **identification(),
            **claims(resources.photos_table),
            **lambda_steps(resources),
            **rejection(resources.photos_table),
            **assignment(resources),
            **review(resources),
            **failure(resources),
            **succeed_states(),
        },
    }
