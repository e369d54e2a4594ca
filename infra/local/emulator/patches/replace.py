"""Replaces private functions of the emulator, but only those that are as expected."""

from __future__ import annotations

import inspect
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeAlias

from infra.local.errors import EmulatorChanged

if TYPE_CHECKING:
    from collections.abc import Callable

PINNED = "1.5.33"

# Any: the emulator has no types, and its data is JSON.
Untyped: TypeAlias = Any
Record: TypeAlias = dict[str, Untyped]


def require_version() -> None:
    """Refuse any other version: a private function can keep its name and change its meaning.

    Raises:
        EmulatorChanged: the installed version is not `PINNED`.
    """
    installed = metadata.version("ministack")
    if installed != PINNED:
        raise EmulatorChanged(
            f"The patches were made for ministack {PINNED}, but {installed} is installed. "
            "Install that version, or check infra/local/emulator/patches and then raise PINNED."
        )


def replace(
    owner: Untyped,
    name: str,
    parameters: str,
    wrap: Callable[[Callable[..., Untyped]], Callable[..., Untyped]],
) -> None:
    """Replace `owner.name` by `wrap(original)`; `parameters` are its names, with spaces between.

    Raises:
        EmulatorChanged: the function is missing or has other parameters.
    """
    original = private(owner, name)
    actual = " ".join(inspect.signature(original).parameters)
    if actual != parameters:
        raise changed(owner, name, f"to take ({parameters}), but it takes ({actual})")
    setattr(owner, name, wrap(original))


def private(owner: Untyped, name: str) -> Untyped:
    """Return a private attribute of the emulator that a patch uses.

    Raises:
        EmulatorChanged: the attribute is missing.
    """
    if not hasattr(owner, name):
        raise changed(owner, name, "to exist")
    return getattr(owner, name)


def changed(owner: Untyped, name: str, expectation: str) -> EmulatorChanged:
    """Return the error for an attribute of the emulator that is not as a patch expects."""
    return EmulatorChanged(
        f"A patch expects {owner.__name__}.{name} {expectation}. It was written for ministack "
        f"{PINNED}; install that version again, or adapt infra/local/emulator/patches."
    )
