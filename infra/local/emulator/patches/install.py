"""Applies all corrections; the emulator's process does so before it serves."""

from __future__ import annotations

from infra.local.emulator.patches import (
    events,
    lambdas,
    permissions,
    streams,
    templates,
    tokens,
    workflows,
)
from infra.local.emulator.patches.replace import require_version


def install(*, workers: int) -> None:
    """Correct the emulator in this process, or raise EmulatorChanged."""
    require_version()
    lambdas.install(workers)
    workflows.install()
    events.install()
    permissions.install()
    streams.install()
    templates.install()
    tokens.install()
