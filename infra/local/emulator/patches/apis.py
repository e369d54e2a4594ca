"""Correction of the emulated CloudFormation: an API keeps the CORS configuration of its template.

The emulator stores the template's names (`AllowOrigins`), but its API Gateway reads those of the
service's own calls (`allowOrigins`), so that every origin is refused.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Record, Untyped, changed, private

if TYPE_CHECKING:
    from collections.abc import Callable

_API = "AWS::ApiGatewayV2::Api"
_CORS = "CorsConfiguration"
_HANDLERS = "_RESOURCE_HANDLERS"


def install() -> None:
    """Wrap the two handlers of APIs that read properties, which a table holds."""
    provisioners = import_module("ministack.services.cloudformation.provisioners")
    handlers: Record = private(provisioners, _HANDLERS).get(_API, {})
    if not {"create", "update"} <= handlers.keys():
        raise changed(provisioners, _HANDLERS, f"to create and update {_API}")
    handlers["create"] = _created(handlers["create"])
    handlers["update"] = _updated(handlers["update"])


def _created(create: Callable[..., Untyped]) -> Callable[..., Untyped]:
    def create_api(logical_id: str, props: Record, stack_name: str) -> Untyped:
        return create(logical_id, with_names_of_calls(props), stack_name)

    return create_api


def _updated(update: Callable[..., Untyped]) -> Callable[..., Untyped]:
    def update_api(
        physical_id: str,
        old_props: Record,
        new_props: Record,
        stack_name: str,
        logical_id: str | None = None,
    ) -> Untyped:
        return update(
            physical_id,
            with_names_of_calls(old_props),
            with_names_of_calls(new_props),
            stack_name,
            logical_id=logical_id,
        )

    return update_api


def with_names_of_calls(props: Record) -> Record:
    """Return the properties with `allowOrigins` for `AllowOrigins` in the CORS configuration."""
    if not props.get(_CORS):
        return props
    named = {f"{name[0].lower()}{name[1:]}": value for name, value in props[_CORS].items()}
    return {**props, _CORS: named}
