"""The SageMaker endpoint: how a new model replaces the old one, and how many instances serve it."""

from collections.abc import Iterable
from typing import Any

from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.data_capture import VARIANT

# Two periods of the alarms of a roll-out, with each part of the traffic.
_BAKING_S = 600
# Beside the baking: instances start, and the former ones end.
_MAXIMUM_S = 3600
_SCALE_OUT_COOLDOWN_S = 300  # an instance needs minutes until it serves
_SCALE_IN_COOLDOWN_S = 900  # photos come in waves

_PROPERTIES = sagemaker.CfnEndpoint


class ModelEndpoint(Construct):
    """The endpoint of a configuration; an alarm during a roll-out returns to the former one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        endpoint_config: sagemaker.CfnEndpointConfig,
        rollback_alarms: Iterable[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, construct_id)
        self.endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=config.endpoint_name,
            endpoint_config_name=endpoint_config.attr_endpoint_config_name,
            deployment_config=_deployment(config, rollback_alarms),
            # A new model keeps the number of instances that the present traffic needs.
            retain_all_variant_properties=True,
            exclude_retained_variant_properties=[
                _PROPERTIES.VariantPropertyProperty(variant_property_type="DesiredWeight")
            ],
        )
        self._scale(config)

    def _scale(self, config: StageConfig) -> None:
        # The L1 constructs: the L2 one adds a role, and SageMaker's is linked to the service.
        request = scalable_target(config)
        target = autoscaling.CfnScalableTarget(
            self,
            "Instances",
            service_namespace=request["ServiceNamespace"],
            scalable_dimension=request["ScalableDimension"],
            resource_id=request["ResourceId"],
            min_capacity=request["MinCapacity"],
            max_capacity=request["MaxCapacity"],
        )
        target.node.add_dependency(self.endpoint)
        policy = autoscaling.CfnScalingPolicy(
            self,
            "Invocations",
            policy_name=policy_name(config),
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
        )
        # The request's own form: keys of CloudFormation and of the API are the same.
        policy.add_property_override(
            "TargetTrackingScalingPolicyConfiguration", target_tracking(config)
        )


def scalable_target(config: StageConfig) -> dict[str, Any]:
    """Return the request RegisterScalableTarget for the endpoint's instances."""
    return {
        "ServiceNamespace": "sagemaker",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "ResourceId": f"endpoint/{config.endpoint_name}/variant/{VARIANT}",
        "MinCapacity": config.endpoint_instance_count,
        "MaxCapacity": config.endpoint_max_instance_count,
    }


def policy_name(config: StageConfig) -> str:
    """Return the name of the policy that scales the instances."""
    return f"{config.endpoint_name}-invocations"


def target_tracking(config: StageConfig) -> dict[str, Any]:
    """Return the configuration by which instances follow the calls."""
    return {
        "TargetValue": config.endpoint_target_invocations,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
        "ScaleOutCooldown": _SCALE_OUT_COOLDOWN_S,
        "ScaleInCooldown": _SCALE_IN_COOLDOWN_S,
    }


def _deployment(
    config: StageConfig, alarms: Iterable[cloudwatch.Alarm]
) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
    return _PROPERTIES.DeploymentConfigProperty(
        auto_rollback_configuration=_PROPERTIES.AutoRollbackConfigProperty(
            alarms=[_PROPERTIES.AlarmProperty(alarm_name=alarm.alarm_name) for alarm in alarms]
        ),
        blue_green_update_policy=_PROPERTIES.BlueGreenUpdatePolicyProperty(
            maximum_execution_timeout_in_seconds=_MAXIMUM_S,
            termination_wait_in_seconds=_BAKING_S,
            traffic_routing_configuration=_routing(config),
        ),
    )


def _routing(config: StageConfig) -> sagemaker.CfnEndpoint.TrafficRoutingConfigProperty:
    """Return a canary of one instance; SageMaker limits a canary to half of the instances."""
    if config.endpoint_instance_count == 1:
        return _PROPERTIES.TrafficRoutingConfigProperty(
            type="ALL_AT_ONCE", wait_interval_in_seconds=_BAKING_S
        )
    return _PROPERTIES.TrafficRoutingConfigProperty(
        type="CANARY",
        canary_size=_PROPERTIES.CapacitySizeProperty(type="INSTANCE_COUNT", value=1),
        wait_interval_in_seconds=_BAKING_S,
    )
