"""Off-hours: the endpoint is deleted every evening and created again every morning.

An endpoint of instances cannot be scaled to none. Photos that arrive while it is absent are parked
by the workflow and classified afterwards.
"""

import json

from aws_cdk import ArnFormat, Aws, CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.config import OffHours as Hours
from infra.config import StageConfig
from infra.constructs.model_endpoint import policy_name, scalable_target, target_tracking
from infra.constructs.resource import acknowledge, trusted_service, vended_log_group_for
from infra.state_machine.endpoint_hours import CLOSE, OPEN, endpoint_hours

_MAX_EVENT_AGE_S = 3600
_MAX_RETRIES = 10


class EndpointHours(Construct):
    """A state machine that opens and closes the endpoint, and the two schedules that start it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        hours: Hours,
        endpoint_config: sagemaker.CfnEndpointConfig,
    ) -> None:
        super().__init__(scope, construct_id)
        self._role = iam.Role(self, "Role", assumed_by=trusted_service(self, "states"))
        self.machine = self._add_machine(config, endpoint_config)
        self._allow_endpoint(config, endpoint_config)
        self._allow_scaling(config)
        starter = iam.Role(self, "ScheduleRole", assumed_by=trusted_service(self, "scheduler"))
        self.machine.grant_start_execution(starter)
        self._schedule("Close", CLOSE, hours.start, hours, starter)
        self._schedule("Open", OPEN, hours.end, hours, starter)
        output = CfnOutput(self, "OutputOffHoursMachine", value=self.machine.state_machine_arn)
        output.override_logical_id("OffHoursMachine")

    def _add_machine(
        self, config: StageConfig, endpoint_config: sagemaker.CfnEndpointConfig
    ) -> sfn.StateMachine:
        target = scalable_target(config)
        identity = {
            key: target[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")
        }
        definition = endpoint_hours(
            partition=Aws.PARTITION,
            endpoint_name=config.endpoint_name,
            endpoint_config_name=endpoint_config.attr_endpoint_config_name,
            target=target,
            policy={
                **identity,
                "PolicyName": policy_name(config),
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": target_tracking(config),
            },
        )
        acknowledge(
            self._role,
            "IAM5[Resource::*]",
            "Log delivery and X-Ray support no resource-level scope; CDK grants both.",
        )
        return sfn.StateMachine(
            self,
            "Machine",
            comment="Opens and closes the endpoint of the vehicle classifier.",
            definition_body=sfn.DefinitionBody.from_string(json.dumps(definition)),
            logs=sfn.LogOptions(
                destination=vended_log_group_for(self, config, source="off-hours"),
                level=sfn.LogLevel.ALL,
            ),
            tracing_enabled=True,
            role=self._role,
        )

    def _allow_endpoint(
        self, config: StageConfig, endpoint_config: sagemaker.CfnEndpointConfig
    ) -> None:
        endpoint = Stack.of(self).format_arn(
            service="sagemaker", resource="endpoint", resource_name=config.endpoint_name
        )
        self._allow(["sagemaker:CreateEndpoint"], [endpoint, endpoint_config.ref])
        self._allow(
            [
                "sagemaker:DeleteEndpoint",
                "sagemaker:DescribeEndpoint",
                "sagemaker:UpdateEndpointWeightsAndCapacities",
            ],
            [endpoint],
        )
        # Application Auto Scaling reads the instance type with the caller's rights.
        self._allow(["sagemaker:DescribeEndpointConfig"], [endpoint_config.ref])

    def _allow_scaling(self, config: StageConfig) -> None:
        stack = Stack.of(self)
        targets = stack.format_arn(
            service="application-autoscaling", resource="scalable-target", resource_name="*"
        )
        self._allow(
            [
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:PutScalingPolicy",
                "application-autoscaling:RegisterScalableTarget",
            ],
            [targets],
            conditions={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
        )
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"TargetTracking-endpoint/{config.endpoint_name}/*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self._allow(
            ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
            [alarms],
        )
        for resource in (targets, alarms):
            acknowledge(
                self._role,
                f"IAM5[Resource::{_in_findings(resource, stack)}]",
                "AWS chooses the ends of these names; condition and prefix bound them.",
            )

    def _allow(
        self,
        actions: list[str],
        resources: list[str],
        conditions: dict[str, object] | None = None,
    ) -> None:
        self._role.add_to_policy(
            iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions)
        )

    def _schedule(
        self, construct_id: str, action: str, at: str, hours: Hours, role: iam.Role
    ) -> None:
        hour, minute = (int(part) for part in at.split(":"))
        target = scheduler.CfnSchedule
        schedule = target(
            self,
            construct_id,
            schedule_expression=f"cron({minute} {hour} * * ? *)",
            schedule_expression_timezone=hours.time_zone,
            flexible_time_window=target.FlexibleTimeWindowProperty(mode="OFF"),
            target=target.TargetProperty(
                arn=self.machine.state_machine_arn,
                role_arn=role.role_arn,
                input=json.dumps({"action": action}),
                retry_policy=target.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_MAX_EVENT_AGE_S,
                    maximum_retry_attempts=_MAX_RETRIES,
                ),
            ),
        )
        schedule.node.add_dependency(role)


def _in_findings(arn: str, stack: Stack) -> str:
    """Return an ARN as cdk-nag spells it in the name of a finding."""
    resolved = stack.resolve(arn)
    if isinstance(resolved, str):
        return resolved
    parts = resolved["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in parts)
