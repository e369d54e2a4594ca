"""How a correction replaces a private function of the emulator: only if it is the one expected."""

from __future__ import annotations

import inspect
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeAlias

from infra.local.errors import EmulatorChanged

if TYPE_CHECKING:
    from collections.abc import Callable

PINNED = "1.5.33"

# Any: the emulator has no types, and what passes through it is JSON.
Untyped: TypeAlias = Any
Record: TypeAlias = dict[str, Untyped]


def require_version() -> None:
    """Refuse any other version: a private function can keep its name and change its meaning."""
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
    """Put `wrap(original)` in place of `owner.name`, whose parameters must be those named."""
    original = private(owner, name)
    found = " ".join(inspect.signature(original).parameters)
    if found != parameters:
        raise changed(owner, name, f"to take ({parameters}), but it takes ({found})")
    setattr(owner, name, wrap(original))


def private(owner: Untyped, name: str) -> Untyped:
    """Something of the emulator that a correction needs, certain to be there."""
    if not hasattr(owner, name):
        raise changed(owner, name, "to exist")
    return getattr(owner, name)


def changed(owner: Untyped, name: str, expectation: str) -> EmulatorChanged:
    """The error for something of the emulator that is not as a correction expects it."""
    return EmulatorChanged(
        f"A correction expects {owner.__name__}.{name} {expectation}. It was written for ministack "
        f"{PINNED}; install that version again, or adapt infra/local/corrections."
    )
