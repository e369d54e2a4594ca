"""Patches the emulated IAM: loopback counts as the TLS connection that AWS would have."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Untyped, replace

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Let policies that refuse plain HTTP accept the stage's loopback connections.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    evaluator = import_module("ministack.core.iam_evaluator")
    replace(evaluator, "_resolve_condition_key", "key ctx", _over_tls)


def _over_tls(original: Callable[..., Untyped]) -> Callable[..., Untyped]:
    def resolve(key: str, ctx: Untyped) -> Untyped:
        return "true" if key.lower() == "aws:securetransport" else original(key, ctx)

    return resolve
