"""Patches the emulated CloudFormation: identity of secrets, and alarms on metric math.

`Ref` of a secret is its ARN, as policies of roles need it. Only for stacks that are created and
deleted, as the stage does; an update of a secret fails. An alarm on metric math is accepted and
never evaluated: the emulator publishes none of the metrics of AWS's services anyway.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Record, Untyped, changed, private, replace

if TYPE_CHECKING:
    from collections.abc import Callable

_SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 # a type of resource
_HANDLERS = "_RESOURCE_HANDLERS"
_NEVER_PUBLISHED = {"Namespace": "MetricMath", "MetricName": "NotEvaluated"}


def install() -> None:
    """Wrap the handlers of secrets in the emulator's table, and its function for alarms.

    Raises:
        EmulatorChanged: the table does not hold both handlers, or there is no such function.
    """
    provisioners = import_module("ministack.services.cloudformation.provisioners")
    replace(provisioners, "_cw_metric_alarm_record", "name props", _accept_metric_math)
    find_secret = private(import_module("ministack.services.secretsmanager"), "_resolve")
    handlers: Record = private(provisioners, _HANDLERS).get(_SECRET, {})
    if not {"create", "delete"} <= handlers.keys():
        raise changed(provisioners, _HANDLERS, f"to create and delete {_SECRET}")
    handlers["create"] = _identify_by_arn(handlers["create"])
    handlers["delete"] = _delete_by_arn(handlers["delete"], find_secret)


def _accept_metric_math(record: Callable[..., Untyped]) -> Callable[..., Untyped]:
    def record_of(name: str, props: Record) -> Untyped:
        return record(name, without_metric_math(props))

    return record_of


def without_metric_math(props: Record) -> Record:
    """Return an alarm's properties, with a metric that no one publishes instead of metric math."""
    if "Metrics" not in props:
        return props
    kept = {key: value for key, value in props.items() if key != "Metrics"}
    return {**kept, **_NEVER_PUBLISHED}


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
