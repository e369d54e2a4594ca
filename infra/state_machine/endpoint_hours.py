"""The definition of the state machine that deletes and creates the endpoint for its off-hours."""

from typing import Any

State = dict[str, Any]  # Amazon States Language is JSON: Any is a JSON value

OPEN, CLOSE = "open", "close"  # values of the input's field `action`
_POLL_S = 60
_TIMEOUT_S = 2 * 3600  # an endpoint needs about ten minutes; a lack of capacity is waited out
_REFUSED = "States.TaskFailed"  # any error of a call


def endpoint_hours(
    *, partition: str, endpoint_name: str, endpoint_config_name: str, target: State, policy: State
) -> State:
    """Return the definition; its input is `{"action": "open"}` or `{"action": "close"}`.

    `target` and `policy` are the requests RegisterScalableTarget and PutScalingPolicy: the scaling
    of an endpoint ends with it. Both actions are idempotent.
    """
    name, status = {"EndpointName": endpoint_name}, {"status.$": "$.EndpointStatus"}
    identity = {key: target[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}

    # Any: fields of a state.
    def call(service: str, operation: str, parameters: State, **rest: Any) -> State:  # noqa: ANN401 # above
        return {
            "Type": "Task",
            "Resource": f"arn:{partition}:states:::aws-sdk:{service}:{operation}",
            "Parameters": parameters,
            "TimeoutSeconds": 60,
            **rest,
        }

    return {
        "Comment": "Creates or deletes the endpoint of the vehicle classifier.",
        "TimeoutSeconds": _TIMEOUT_S,
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.action", "StringEquals": OPEN, "Next": "FindEndpoint"},
                    {"Variable": "$.action", "StringEquals": CLOSE, "Next": "EndScaling"},
                ],
                "Default": "UnknownAction",
            },
            "UnknownAction": {"Type": "Fail", "Error": "UnknownAction"},
            "FindEndpoint": call(
                "sagemaker",
                "describeEndpoint",
                name,
                ResultSelector=status,
                Catch=[{"ErrorEquals": [_REFUSED], "Next": "CreateEndpoint"}],
                Next="IsInService",
            ),
            "CreateEndpoint": call(
                "sagemaker",
                "createEndpoint",
                {**name, "EndpointConfigName": endpoint_config_name},
                Retry=[_patiently(_REFUSED)],
                Next="Wait",
            ),
            "Wait": {"Type": "Wait", "Seconds": _POLL_S, "Next": "DescribeEndpoint"},
            "DescribeEndpoint": call(
                "sagemaker",
                "describeEndpoint",
                name,
                ResultSelector=status,
                Retry=[_patiently(_REFUSED)],
                Next="IsInService",
            ),
            "IsInService": {
                "Type": "Choice",
                "Choices": [
                    {
                        "Variable": "$.status",
                        "StringEquals": "InService",
                        "Next": "RegisterScaling",
                    },
                    {"Variable": "$.status", "StringEquals": "Creating", "Next": "Wait"},
                    {"Variable": "$.status", "StringEquals": "Updating", "Next": "Wait"},
                ],
                "Default": "NotOpened",
            },
            "NotOpened": {"Type": "Fail", "Error": "EndpointNotInService"},
            "RegisterScaling": call(
                "applicationautoscaling",
                "registerScalableTarget",
                target,
                Retry=[_patiently(_REFUSED)],
                Next="TrackInvocations",
            ),
            "TrackInvocations": call(
                "applicationautoscaling",
                "putScalingPolicy",
                policy,
                Retry=[_patiently(_REFUSED)],
                End=True,
            ),
            "EndScaling": call(
                "applicationautoscaling",
                "deregisterScalableTarget",
                identity,
                Catch=[{"ErrorEquals": [_REFUSED], "Next": "FindOpenEndpoint"}],
                Next="FindOpenEndpoint",
            ),
            "FindOpenEndpoint": call(
                "sagemaker",
                "describeEndpoint",
                name,
                ResultSelector=status,
                Catch=[{"ErrorEquals": [_REFUSED], "Next": "Closed"}],
                Next="DeleteEndpoint",
            ),
            "DeleteEndpoint": call(
                "sagemaker",
                "deleteEndpoint",
                name,
                Retry=[_patiently(_REFUSED)],
                Next="Closed",
            ),
            "Closed": {"Type": "Succeed"},
        },
    }


def _patiently(error: str) -> State:
    return {
        "ErrorEquals": [error],
        "IntervalSeconds": 30,
        "MaxAttempts": 8,
        "BackoffRate": 2,
        "MaxDelaySeconds": 600,
        "JitterStrategy": "FULL",
    }
