"""The states Serialize, Classify and Filter, and the choices after them."""

from handlers.domain.errors import TRANSIENT_ERRORS
from infra.state_machine.blocks import EXECUTION, PHOTO, State, catch_all, retry
from infra.state_machine.resources import WorkflowResources

LAMBDA_TIMEOUTS_S = {"Serialize": 40, "Classify": 85, "Filter": 25}

# Fields of each function's response. All are always present: a state cannot read a missing path.
RESULT_FIELDS = {
    "Serialize": ("outcome", "reason", "message", "wire_image", "quality", "order_id"),
    "Classify": ("probabilities", "model_version"),
    "Filter": (
        "outcome",
        "review",
        "review_reason",
        "vehicle",
        "order_range",
        "confidence",
        "model_version",
        "valid_until",
        "classification",
        "quality",
    ),
}

_TRANSIENT_LAMBDA_ERRORS = (
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    *TRANSIENT_ERRORS,
    "States.Timeout",
)


def lambda_steps(resources: WorkflowResources) -> dict[str, State]:
    """Return the three Lambda tasks in their order, with the choices between them."""
    return {
        "Serialize": {
            **_lambda_task("Serialize", resources.serialize_function_arn, {"photo.$": PHOTO}),
            "ResultPath": "$.serialized",
            "Next": "IsPrepared",
        },
        "IsPrepared": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.serialized.outcome",
                    "StringEquals": "prepared",
                    "Next": "Classify",
                }
            ],
            "Default": "Reject",
        },
        "Classify": {
            **_lambda_task(
                "Classify",
                resources.classify_function_arn,
                {"photo_id.$": f"{PHOTO}.photo_id", "wire_image.$": "$.serialized.wire_image"},
            ),
            "ResultPath": "$.prediction",
            "Next": "Filter",
        },
        "Filter": {
            **_lambda_task(
                "Filter",
                resources.filter_function_arn,
                {
                    "photo.$": PHOTO,
                    "quality.$": "$.serialized.quality",
                    "prediction.$": "$.prediction",
                },
            ),
            "ResultPath": "$.decision",
            "Next": "Route",
        },
        "Route": _route(),
        "ContradictoryDecision": {
            "Type": "Pass",
            "Result": {
                "Error": "InvalidDecision",
                "Cause": "Filter assigned a photo without a driver.",
            },
            "ResultPath": "$.error",
            "Next": "RecordFailure",
        },
    }


def _route() -> State:
    """Route by the outcome; a photo without a driver cannot be assigned.

    The states that assign read `driver_id`, which is absent if the key names no driver.
    """
    has_driver = {"Variable": f"{PHOTO}.driver_id", "IsPresent": True}
    outcome = "$.decision.outcome"
    return {
        "Type": "Choice",
        "Choices": [
            {"Variable": outcome, "StringEquals": "review", "Next": "OpenReview"},
            {
                "And": [has_driver, {"Variable": outcome, "StringEquals": "assign"}],
                "Next": "Assign",
            },
            {
                "And": [has_driver, {"Variable": outcome, "StringEquals": "assign_and_audit"}],
                "Next": "AssignAndAudit",
            },
        ],
        "Default": "ContradictoryDecision",
    }


def _lambda_task(name: str, function_arn: str, payload: State) -> State:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": function_arn,
            "Payload": {**payload, "execution.$": EXECUTION},
        },
        "ResultSelector": {f"{field}.$": f"$.Payload.{field}" for field in RESULT_FIELDS[name]},
        "TimeoutSeconds": LAMBDA_TIMEOUTS_S[name],
        "Retry": [retry(_TRANSIENT_LAMBDA_ERRORS, attempts=5)],
        "Catch": [catch_all()],
    }
