"""The whole machine, put together."""

from infra.workflow_definition.assignment import assignment
from infra.workflow_definition.blocks import State
from infra.workflow_definition.identify import claims, identification
from infra.workflow_definition.lambdas import lambda_steps
from infra.workflow_definition.outcomes import failure, quiet_ends, rejection, review
from infra.workflow_definition.resources import WorkflowResources

MACHINE_TIMEOUT_S = 900


def definition(resources: WorkflowResources) -> State:
    """The whole machine."""
    return {
        "Comment": "From a photo under intake/ to an assignment, a review, a refusal or a failure.",
        "StartAt": "Identify",
        "TimeoutSeconds": MACHINE_TIMEOUT_S,
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
