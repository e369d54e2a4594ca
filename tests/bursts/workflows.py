"""The state machines that are compared: as it is now, and as it was before photos were parked."""

import copy
from dataclasses import dataclass
from typing import Any

from infra.state_machine import WorkflowResources, definition

FUNCTIONS = ("Serialize", "Classify", "Filter")

# From infra/state_machine/blocks.py and lambdas.py as of commit 7ae5e1e: each of the three
# functions had this one retrier, and every error that outlasted it was recorded as a failure.
BEFORE_RETRY = {
    "ErrorEquals": [
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "PhotoStoreUnavailable",
        "EndpointUnavailable",
        "EndpointBusy",  # a name of today: a busy endpoint was an unavailable one
        "PolicyUnavailable",
        "States.Timeout",
    ],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 5,
    "MaxDelaySeconds": 30,
    "JitterStrategy": "FULL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """What the model runs: states in Amazon States Language, and whether Classify has a breaker."""

    states: dict[str, Any]
    has_breaker: bool = True


def _now() -> Workflow:
    resources = WorkflowResources(
        serialize_function_arn="Serialize",
        classify_function_arn="Classify",
        filter_function_arn="Filter",
        photos_table="photos",
        assignments_table="assignments",
        review_queue_url="reviews",
        failures_queue_url="failures",
    )
    return Workflow(states=definition(resources)["States"])


def _before() -> Workflow:
    states = copy.deepcopy(NOW.states)
    for name in FUNCTIONS:
        failed = {"ErrorEquals": ["States.ALL"], "Next": "RecordFailure"}
        states[name] |= {"Retry": [BEFORE_RETRY], "Catch": [failed]}
    return Workflow(states=states, has_breaker=False)


NOW = _now()
BEFORE = _before()
