"""The page as a process of the stage, in the manner of `infra.local.stage.process_specs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.process.processes import ProcessSpec
from infra.local.stage.process_specs import CREDENTIALS

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.process.bound_socket import BoundSocket
    from infra.local.status_page.stack_names import PagePlaces


def process_spec(
    *, directory: Path, listener: BoundSocket, emulator_url: str, places: PagePlaces
) -> ProcessSpec:
    """The page, to be started once the stack is deployed: it is told the names in it."""
    return ProcessSpec(
        name="page",
        module="infra.local.status_page",
        arguments=places.options(),
        environment={**CREDENTIALS, "AWS_ENDPOINT_URL": emulator_url},
        directory=directory,
        listener=listener,
        health_path="/health",
    )
