"""The CloudFormation stacks of a stage, whatever state they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from infra.operations.destruction.errors import StackNotDeleted

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_RETAINING = {"Retain", "RetainExceptOnCreate"}
_POLL_S = 3
_LONGEST_S = 3_600  # an endpoint with instances takes some ten minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class StackResource:
    """One resource of a stack."""

    logical_id: str
    kind: str  # the CloudFormation type, like AWS::S3::Bucket
    physical_id: str
    is_kept: bool  # whether the stack's template keeps it when the stack is deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingStack:
    """A stack that is not deleted, or not entirely."""

    name: str
    status: str  # like CREATE_COMPLETE, ROLLBACK_COMPLETE or DELETE_FAILED
    is_protected: bool  # against its deletion
    resources: tuple[StackResource, ...]

    @property
    def is_changing(self) -> bool:
        """Whether CloudFormation works on it, other than on its deletion."""
        return self.status.endswith("_IN_PROGRESS") and self.status not in {
            "DELETE_IN_PROGRESS",
            "REVIEW_IN_PROGRESS",  # a change set was made and never executed
        }

    @property
    def is_whole(self) -> bool:
        """Whether its last deployment has succeeded, or was undone to one that had."""
        return self.status in {
            *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"),
            "IMPORT_COMPLETE",
        }


def existing_stack(cloudformation: CloudFormationClient, name: str) -> ExistingStack | None:
    """Return the stack with its resources, or None. Raises: ClientError, BotoCoreError."""
    try:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        # CloudFormation reports a stack that does not exist as invalid input.
        if error.response.get("Error", {}).get("Code") != "ValidationError":
            raise
        return None
    if stack["StackStatus"] == "DELETE_COMPLETE":
        return None
    policies = _deletion_policies(cloudformation, name)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = [
        StackResource(
            logical_id=entry["LogicalResourceId"],
            kind=entry["ResourceType"],
            physical_id=entry["PhysicalResourceId"],
            is_kept=policies.get(entry["LogicalResourceId"]) in _RETAINING,
        )
        for page in pages
        for entry in page["StackResourceSummaries"]
        # A resource that was never made has no physical id.
        if entry.get("PhysicalResourceId") and entry["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    return ExistingStack(
        name=name,
        status=stack["StackStatus"],
        is_protected=stack.get("EnableTerminationProtection", False),
        resources=tuple(resources),
    )


def lift_protection(cloudformation: CloudFormationClient, name: str) -> None:
    """Let the stack be deleted. Raises: ClientError, BotoCoreError."""
    cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)


def delete_stack(cloudformation: CloudFormationClient, name: str) -> None:
    """Delete a stack and wait for its end. Raises: StackNotDeleted, ClientError, BotoCoreError."""
    cloudformation.delete_stack(StackName=name)
    try:
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=name,
            WaiterConfig={"Delay": _POLL_S, "MaxAttempts": _LONGEST_S // _POLL_S},
        )
    except WaiterError as error:
        raise StackNotDeleted(
            f"stack {name} is not deleted: {_why_not_deleted(cloudformation, name)}"
        ) from error


def _deletion_policies(cloudformation: CloudFormationClient, name: str) -> dict[str, str]:
    """Return the DeletionPolicy of each resource that has one, by logical id."""
    try:
        # SDK: parsed, since the templates are JSON.
        body: Any = cloudformation.get_template(StackName=name)["TemplateBody"]
    except ClientError as error:
        # A stack of which only a change set exists has no template.
        if error.response.get("Error", {}).get("Code") != "ValidationError":
            raise
        return {}
    return {
        logical_id: resource["DeletionPolicy"]
        for logical_id, resource in body["Resources"].items()
        if "DeletionPolicy" in resource
    }


def _why_not_deleted(cloudformation: CloudFormationClient, name: str) -> str:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    reasons = [
        f"{entry['LogicalResourceId']} ({entry.get('ResourceStatusReason', 'no reason given')})"
        for page in pages
        for entry in page["StackResourceSummaries"]
        if entry["ResourceStatus"] == "DELETE_FAILED"
    ]
    return ", ".join(reasons) or "the deletion lasts; run it again"
