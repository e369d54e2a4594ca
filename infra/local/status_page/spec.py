"""The status page as a process of the local stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.account import CREDENTIALS
from infra.local.process.processes import ProcessSpec

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.process.bound_socket import BoundSocket
    from infra.local.status_page.stack_names import StackNames


def page_spec(
    *, directory: Path, bound_socket: BoundSocket, emulator_url: str, names: StackNames
) -> ProcessSpec:
    """Return how to start the page once the stack is deployed, since it reads the stack's names."""
    return ProcessSpec(
        name="page",
        module="infra.local.status_page",
        arguments=names.options(),
        environment={**CREDENTIALS, "AWS_ENDPOINT_URL": emulator_url},
        directory=directory,
        bound_socket=bound_socket,
        health_path="/health",
    )
