"""The states Serialize, Classify and Filter, and the choices after them."""

from infra.state_machine.blocks import EXECUTION, PHOTO, State, catch_all, integration, park
from infra.state_machine.resources import WorkflowResources
from infra.state_machine.retry_limits import FUNCTION_ERRORS, function_retries

PROBE = "$.request.probe"

LAMBDA_TIMEOUTS_S = {"Serialize": 40, "Classify": 85, "Filter": 25}

# Fields of each function's response. All are always present: a state cannot read a missing path.
RESULT_FIELDS = {
    "Serialize": (
        *("outcome", "reason", "message", "wire_image", "quality", "order_id"),
        "kept_until",
    ),
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


def lambda_steps(resources: WorkflowResources) -> dict[str, State]:
    """Return the three Lambda tasks in their order, with the choices between them."""
    return {
        "Serialize": {
            **_lambda_task(
                resources,
                "Serialize",
                resources.serialize_function_arn,
                {"photo.$": PHOTO, "probe.$": PROBE},
            ),
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
                },
                {
                    "Variable": "$.serialized.outcome",
                    "StringEquals": "parked",
                    "Next": "HoldBack",
                },
            ],
            "Default": "Reject",
        },
        "HoldBack": {
            "Type": "Pass",
            "Parameters": {"Error.$": "$.serialized.reason", "Cause.$": "$.serialized.message"},
            "ResultPath": "$.error",
            "Next": "Park",
        },
        "Classify": {
            **_lambda_task(
                resources,
                "Classify",
                resources.classify_function_arn,
                {
                    "photo_id.$": f"{PHOTO}.photo_id",
                    "probe.$": PROBE,
                    "wire_image.$": "$.serialized.wire_image",
                },
            ),
            "ResultPath": "$.prediction",
            "Next": "Filter",
        },
        "Filter": {
            **_lambda_task(
                resources,
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


def _lambda_task(
    resources: WorkflowResources, name: str, function_arn: str, payload: State
) -> State:
    return {
        "Type": "Task",
        "Resource": integration(resources, "lambda:invoke"),
        "Parameters": {
            "FunctionName": function_arn,
            "Payload": {**payload, "execution.$": EXECUTION},
        },
        "ResultSelector": {f"{field}.$": f"$.Payload.{field}" for field in RESULT_FIELDS[name]},
        "TimeoutSeconds": LAMBDA_TIMEOUTS_S[name],
        "Retry": function_retries(resources.retry_limits, is_first=name == "Serialize"),
        "Catch": [park(FUNCTION_ERRORS), catch_all()],
    }
