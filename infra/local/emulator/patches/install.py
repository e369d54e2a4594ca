"""Applies all patches, in the emulator's process and before it serves."""

from __future__ import annotations

from infra.local.emulator.patches import (
    apis,
    events,
    lambdas,
    listings,
    permissions,
    retention,
    second_factor,
    streams,
    templates,
    tokens,
    user_names,
    workflows,
)
from infra.local.emulator.patches.replace import require_version


def install(*, workers: int) -> None:
    """Patch the emulator in this process; `workers` is the limit of processes per function.

    Raises:
        EmulatorChanged: the emulator has another version, or a function is not as expected.
    """
    require_version()
    apis.install()
    lambdas.install(workers)
    workflows.install()
    events.install()
    permissions.install()
    listings.install()
    retention.install()
    streams.install()
    templates.install()
    tokens.install()
    user_names.install()
    second_factor.install()
