"""Takes what a destroyed stage has kept into the stage's new stack, by CloudFormation's import.

An import may do nothing else: it makes a stack of the kept resources alone. The deployment that
follows adds the others.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import WaiterError

from infra.operations.deployment.account import pipeline_stack
from infra.operations.deployment.errors import NotAdopted
from infra.operations.destruction.kept_resources import KINDS, KeptResources, exists
from infra.operations.destruction.stage_stacks import delete_stack, existing_stack

if TYPE_CHECKING:
    from pathlib import Path

    from infra.operations.deployment.account import Account
    from infra.operations.destruction.kept_resources import KeptResource

_CHANGE_SET = "adopt"
_POLL_S = 2
_LONGEST_S = 600
_PSEUDO = "AWS::"


def adoptable(account: Account, stage: str) -> list[KeptResource]:
    """Return what was kept, still exists and can be taken into a stack.

    Nothing if the stage has a stack `Pipeline`, which then has its own.
    Raises: ClientError, BotoCoreError.
    """
    if account.target(stage) is not None:
        return []
    stack = existing_stack(account.session.client("cloudformation"), pipeline_stack(stage))
    if stack is not None and stack.resources:
        return []
    record = KeptResources(account.session.client("ssm"), stage=stage)
    return [
        resource
        for resource in record.read()
        if (KINDS[resource.kind].is_imported_by_emulator or not account.is_emulator)
        and exists(account.session, resource)
    ]


def adopt(account: Account, stage: str, assembly: Path, kept: list[KeptResource]) -> None:
    """Make the stage's stack `Pipeline` of the kept resources.

    Raises: NotAdopted, ClientError, BotoCoreError.
    """
    name = pipeline_stack(stage)
    template = json.loads((assembly / f"{name}.template.json").read_text(encoding="utf-8"))
    missing = [resource.logical_id for resource in kept if not _is_in(template, resource)]
    if missing:
        raise NotAdopted(
            f"today's template has no {', '.join(missing)}, which stage {stage} has kept: deploy "
            "the version that had it, or delete it."
        )
    cloudformation = account.session.client("cloudformation")
    if existing_stack(cloudformation, name) is not None:  # of a change set that was never executed
        delete_stack(cloudformation, name)
    cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=_CHANGE_SET,
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(import_template(template, kept)),
        ResourcesToImport=[
            {
                "ResourceType": resource.kind,
                "LogicalResourceId": resource.logical_id,
                "ResourceIdentifier": {KINDS[resource.kind].identifier: resource.physical_id},
            }
            for resource in kept
        ],
    )
    waiting: Any = {"Delay": _POLL_S, "MaxAttempts": _LONGEST_S // _POLL_S}
    try:
        cloudformation.get_waiter("change_set_create_complete").wait(
            StackName=name, ChangeSetName=_CHANGE_SET, WaiterConfig=waiting
        )
        cloudformation.execute_change_set(StackName=name, ChangeSetName=_CHANGE_SET)
        cloudformation.get_waiter("stack_import_complete").wait(
            StackName=name, WaiterConfig=waiting
        )
    except WaiterError as error:
        reason = error.last_response.get("StatusReason", str(error))
        raise NotAdopted(f"CloudFormation did not take in what was kept: {reason}") from error
    KeptResources(account.session.client("ssm"), stage=stage).drop(kept)


def import_template(
    template: dict[str, Any], kept: list[KeptResource]
) -> dict[str, Any]:  # Any: CloudFormation
    """Return the part of a template that has the kept resources alone.

    A property that refers to another resource is left out: the deployment that follows sets it.
    """
    names = {resource.logical_id for resource in kept}
    resources = {}
    for name in sorted(names):
        resource = template["Resources"][name]
        properties = {
            key: value
            for key, value in resource.get("Properties", {}).items()
            if all(target in names or target.startswith(_PSEUDO) for target in _references(value))
        }
        resources[name] = {
            **{key: resource[key] for key in ("Type", "DeletionPolicy", "UpdateReplacePolicy")},
            "Properties": properties,
        }
    return {"Resources": resources}


def _is_in(template: dict[str, Any], resource: KeptResource) -> bool:  # Any: CloudFormation
    declared = template["Resources"].get(resource.logical_id, {})
    return declared.get("Type") == resource.kind and "DeletionPolicy" in declared


def _references(value: object) -> list[str]:
    """Return the logical ids that a property refers to."""
    if isinstance(value, list):
        return [target for element in value for target in _references(element)]
    if not isinstance(value, dict):
        return []
    targets = []
    for key, inner in value.items():
        if key == "Ref":
            targets.append(inner)
        elif key == "Fn::GetAtt":
            targets.append(inner[0])
        else:
            targets += _references(inner)
    return targets
