"""Reaches the CloudFormation resource under a construct, for what the construct does not offer."""

from typing import TypeVar

from aws_cdk import CfnElement, RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config import StageConfig

Resource = TypeVar("Resource", bound=CfnElement)


def resource_of(construct: Construct, kind: type[Resource]) -> Resource:
    """The one resource that the construct stands for."""
    child = construct.node.default_child
    if not isinstance(child, kind):
        raise TypeError(f"{construct.node.path} stands for {child!r}, not for a {kind.__name__}")
    return child


def pin_logical_id(construct: Construct, logical_id: str) -> None:
    """For what holds data: under another logical id it would be another, empty resource."""
    resource_of(construct, CfnElement).override_logical_id(logical_id)


def removal_policy(config: StageConfig) -> RemovalPolicy:
    """What holds data outlives its stack where the stage says so."""
    return RemovalPolicy.RETAIN if config.is_durable else RemovalPolicy.DESTROY


def log_group_for(
    scope: Construct, config: StageConfig, *, log_group_name: str | None = None
) -> logs.LogGroup:
    """Logs expire by themselves, so they need not outlive their stack."""
    group = logs.LogGroup(
        scope, "Logs", log_group_name=log_group_name, removal_policy=RemovalPolicy.DESTROY
    )
    resource_of(group, logs.CfnLogGroup).retention_in_days = config.log_retention_days
    return group
