"""Correction of sign-in: a renewed token still says in which groups its owner is, as on AWS.

The emulator leaves the groups out when a refresh token of the hosted sign-in is used, and whoever
has been signed in for an hour would be refused.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Untyped, private, replace

if TYPE_CHECKING:
    from collections.abc import Callable

_PARAMETERS = (
    "sub pool_id client_id token_type username user_attrs groups nonce trigger_source "
    "client_metadata origin_jti scope"
)
_RENEWED = "TokenGeneration_RefreshTokens"


def install() -> None:
    """Apply the correction."""
    service = import_module("ministack.services.cognito")
    pool_of = private(service, "_get_pool_unscoped")

    def with_groups(original: Callable[..., str]) -> Callable[..., str]:
        def make(sub: str, pool_id: str, *arguments: Untyped, **options: Untyped) -> str:
            named = options.get("username")
            if options.get("trigger_source") == _RENEWED and named and not options.get("groups"):
                user = (pool_of(pool_id) or {"_users": {}})["_users"].get(named, {})
                options["groups"] = user.get("_groups", [])
            return original(sub, pool_id, *arguments, **options)

        return make

    replace(service, "_fake_token", _PARAMETERS, with_groups)
