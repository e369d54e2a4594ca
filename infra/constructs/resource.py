"""Settings of a construct's CloudFormation resource: logical id, retention, trust, findings.

For what the constructs themselves do not offer.
"""

from typing import TypeVar

from aws_cdk import Acknowledgment, CfnElement, RemovalPolicy, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config import StageConfig

Resource = TypeVar("Resource", bound=CfnElement)


def resource_of(construct: Construct, kind: type[Resource]) -> Resource:
    """Return the CloudFormation resource of a construct.

    Raises: TypeError if it is not of this kind.
    """
    child = construct.node.default_child
    if not isinstance(child, kind):
        raise TypeError(f"the resource of {construct.node.path} is {child!r}, not {kind.__name__}")
    return child


def pin_logical_id(construct: Construct, logical_id: str) -> None:
    """Fix the logical id of a stateful resource: a changed one would be another, empty resource."""
    resource_of(construct, CfnElement).override_logical_id(logical_id)


def removal_policy(config: StageConfig) -> RemovalPolicy:
    """Return the removal policy of stateful resources: durable stages retain them.

    A deployment that fails while it creates them removes them again: as long as they are empty,
    they would only stand in the way of the next attempt.
    """
    if config.is_durable:
        return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    return RemovalPolicy.DESTROY


def trusted_service(scope: Construct, service: str) -> iam.ServicePrincipal:
    """Return the principal of an AWS service, such as `lambda`, acting for this account only.

    Without the condition, another account could let the service use the role on its behalf.
    """
    return iam.ServicePrincipal(
        f"{service}.amazonaws.com",
        conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
    )


def log_group_for(
    scope: Construct, config: StageConfig, *, log_group_name: str | None = None
) -> logs.LogGroup:
    """Add a log group that is deleted with its stack; logs expire after the stage's retention."""
    group = logs.LogGroup(
        scope, "Logs", log_group_name=log_group_name, removal_policy=RemovalPolicy.DESTROY
    )
    resource_of(group, logs.CfnLogGroup).retention_in_days = config.log_retention_days
    return group


def vended_log_group_for(scope: Construct, config: StageConfig, *, source: str) -> logs.LogGroup:
    """Add a log group to which an AWS service delivers by itself; `source` names the service.

    Every other name is listed in the account's resource policy for log delivery, which has room for
    5,120 characters: in a shared account it fills up, and deployments fail.
    """
    name = f"/aws/vendedlogs/{source}/scones-{config.stage}"
    return log_group_for(scope, config, log_group_name=name)


def acknowledge(construct: Construct, finding: str, reason: str) -> None:
    """Accept one finding of cdk-nag's AwsSolutions rules on this construct, with the reason."""
    Validations.of(construct).acknowledge(
        Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason)
    )
