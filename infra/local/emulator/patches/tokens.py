"""Patches the emulated sign-in: a renewed token holds the groups of its user, as on AWS.

The emulator leaves the groups out when a refresh token of the hosted sign-in is used, so users who
have been signed in for an hour would be refused.
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
    """Apply the patch.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    service = import_module("ministack.services.cognito")
    pool_of = private(service, "_get_pool_unscoped")

    def with_groups(original: Callable[..., str]) -> Callable[..., str]:
        def make(sub: str, pool_id: str, *arguments: Untyped, **options: Untyped) -> str:
            username = options.get("username")
            is_renewed = options.get("trigger_source") == _RENEWED
            if is_renewed and username and not options.get("groups"):
                user = (pool_of(pool_id) or {"_users": {}})["_users"].get(username, {})
                options["groups"] = user.get("_groups", [])
            return original(sub, pool_id, *arguments, **options)

        return make

    replace(service, "_fake_token", _PARAMETERS, with_groups)
