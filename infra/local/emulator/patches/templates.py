"""Patches the emulated CloudFormation: `Ref` of a secret is its ARN, as policies of roles need it.

Only for stacks that are created and deleted, as the stage does; an update of a secret fails.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Record, Untyped, changed, private

if TYPE_CHECKING:
    from collections.abc import Callable

_SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 # a type of resource
_HANDLERS = "_RESOURCE_HANDLERS"


def install() -> None:
    """Wrap the create and delete handlers of secrets in the emulator's table of handlers.

    Raises:
        EmulatorChanged: the table does not hold both.
    """
    provisioners = import_module("ministack.services.cloudformation.provisioners")
    find_secret = private(import_module("ministack.services.secretsmanager"), "_resolve")
    handlers: Record = private(provisioners, _HANDLERS).get(_SECRET, {})
    if not {"create", "delete"} <= handlers.keys():
        raise changed(provisioners, _HANDLERS, f"to create and delete {_SECRET}")
    handlers["create"] = _identify_by_arn(handlers["create"])
    handlers["delete"] = _delete_by_arn(handlers["delete"], find_secret)


def _identify_by_arn(create: Callable[..., Untyped]) -> Callable[..., Untyped]:
    def create_secret(logical_id: str, props: Record, stack_name: str) -> tuple[str, Record]:
        _, attributes = create(logical_id, props, stack_name)
        return attributes["Arn"], attributes

    return create_secret


def _delete_by_arn(
    delete: Callable[..., None], find_secret: Callable[..., Untyped]
) -> Callable[..., None]:
    def delete_secret(physical_id: str, props: Record) -> None:
        name, _ = find_secret(physical_id)
        delete(name, props)

    return delete_secret
