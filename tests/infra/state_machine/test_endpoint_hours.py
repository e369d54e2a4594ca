"""The endpoint is created and deleted by the definition, run under moto's interpreter."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.state_machine.endpoint_hours import CLOSE, OPEN, endpoint_hours

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

NAME, CONFIG = "scones-test-vehicle", "config"
ROLE = "arn:aws:iam::123456789012:role/machine"
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "ResourceId": f"endpoint/{NAME}/variant/AllTraffic",
    "MinCapacity": 1,
    "MaxCapacity": 2,
}


def _definition() -> dict[str, Any]:
    identity = {key: TARGET[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    tracking = {
        "TargetValue": 100,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
    }
    definition = endpoint_hours(
        partition="aws",
        endpoint_name=NAME,
        endpoint_config_name=CONFIG,
        target=TARGET,
        policy={
            **identity,
            "PolicyName": "invocations",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking,
        },
    )
    definition["States"]["Wait"]["Seconds"] = 0
    return definition


@pytest.fixture
def sagemaker() -> Iterator["SageMakerClient"]:
    with mock_aws(
        config={
            "stepfunctions": {"execute_state_machine": True},
            "core": {"reset_boto3_session": False},
        }
    ):
        client = boto3.client("sagemaker")
        client.create_model(ModelName="model", ExecutionRoleArn=ROLE)
        client.create_endpoint_config(
            EndpointConfigName=CONFIG,
            ProductionVariants=[
                {
                    "VariantName": "AllTraffic",
                    "ModelName": "model",
                    "InitialInstanceCount": 1,
                    "InstanceType": "ml.c5.large",
                }
            ],
        )
        yield client


def test_the_endpoint_is_opened_with_its_scaling_and_closed(sagemaker: "SageMakerClient") -> None:
    assert _run(OPEN) == "SUCCEEDED"
    assert sagemaker.describe_endpoint(EndpointName=NAME)["EndpointStatus"] == "InService"
    scaling = boto3.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 2)
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]

    assert _run(CLOSE) == "SUCCEEDED"
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName=NAME)
    assert not scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]


@pytest.mark.parametrize("action", [OPEN, CLOSE])
def test_an_action_can_be_repeated(sagemaker: "SageMakerClient", action: str) -> None:
    del sagemaker
    assert [_run(action), _run(action)] == ["SUCCEEDED", "SUCCEEDED"]


def test_an_unknown_action_fails(sagemaker: "SageMakerClient") -> None:
    del sagemaker
    assert _run("opne") == "FAILED"


def _run(action: str) -> str:
    """Run the definition to its end; return the status of the execution."""
    client = boto3.client("stepfunctions")
    name = f"hours-{time.monotonic_ns()}"
    # moto spells this service otherwise than Step Functions does.
    text = json.dumps(_definition()).replace(":applicationauto", ":application-auto")
    machine = client.create_state_machine(name=name, definition=text, roleArn=ROLE)
    arn = client.start_execution(
        stateMachineArn=machine["stateMachineArn"],
        name=name,
        input=json.dumps({"action": action}),
    )["executionArn"]
    end = time.monotonic() + 20
    while (status := client.describe_execution(executionArn=arn)["status"]) == "RUNNING":
        assert time.monotonic() < end, "the execution does not end"
        time.sleep(0.05)
    return status
