"""Patches the emulated sign-in: a pool that ignores case takes `Anna` and `anna` as one person.

The emulator stores `CaseSensitive: false` and compares user names exactly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Record, Untyped, private, replace

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Apply the patches.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    service = import_module("ministack.services.cognito")
    pool_of, refusal = (
        private(service, "_get_pool_unscoped"),
        private(service, "error_response_json"),
    )

    def resolving(original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def resolve(pool: Record, username: Untyped) -> Untyped:
            return original(pool, spelled(pool, username))

        return resolve

    def creating(original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def create(data: Record) -> Untyped:
            pool, name = pool_of(data.get("UserPoolId")), data.get("Username")
            if pool and spelled(pool, name) != name:
                message = "User account already exists."
                return refusal("UsernameExistsException", message, 400)
            return original(data)

        return create

    replace(service, "_resolve_user", "pool username", resolving)
    replace(service, "_admin_create_user", "data", creating)


def spelled(pool: Record, name: Untyped) -> Untyped:
    """Return the pool's spelling of a user name; the name itself if the pool has no such user."""
    is_sensitive = str(pool.get("UsernameConfiguration", {}).get("CaseSensitive", True)).lower()
    if is_sensitive != "false" or not isinstance(name, str) or name in pool["_users"]:
        return name
    return next((user for user in pool["_users"] if user.lower() == name.lower()), name)
