"""The whole machine, put together."""

from infra.state_machine.assignment import assignment
from infra.state_machine.blocks import State
from infra.state_machine.identify import claims, identification
from infra.state_machine.lambdas import lambda_steps
from infra.state_machine.outcomes import failure, quiet_ends, rejection, review
from infra.state_machine.resources import WorkflowResources

MACHINE_TIMEOUT_S = 900
STUCK_AFTER_S = MACHINE_TIMEOUT_S + 300  # then no execution can still be at it
EXPRESS_TIMEOUT_S = 300  # the longest that an Express execution may take


def definition(resources: WorkflowResources, *, timeout_s: int = MACHINE_TIMEOUT_S) -> State:
    """The whole machine."""
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
            **quiet_ends(),
        },
    }
