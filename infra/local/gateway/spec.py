"""The gateway as a process of the stage, in the manner of `infra.local.stage.process_specs`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from infra.local.process.processes import ProcessSpec, run_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from infra.local.process.bound_socket import BoundSocket
    from infra.local.process.processes import RunningProcess

_READY_WITHIN_S = 30.0


@contextlib.contextmanager
def run_gateway(
    *, directory: Path, listener: BoundSocket, emulator_url: str, outputs: Mapping[str, str]
) -> Iterator[tuple[RunningProcess, ...]]:
    """The gateway, ready; nothing where the stack has no API."""
    api_id = outputs.get("ApiId")
    if api_id is None:
        yield ()
        return
    made = process_spec(
        directory=directory, listener=listener, emulator_url=emulator_url, api_id=api_id
    )
    with run_process(made) as gateway:
        gateway.await_health(_READY_WITHIN_S)
        yield (gateway,)


def process_spec(
    *, directory: Path, listener: BoundSocket, emulator_url: str, api_id: str
) -> ProcessSpec:
    """The gateway, to be started once the stack is deployed: it is told which API is its own."""
    return ProcessSpec(
        name="gateway",
        module="infra.local.gateway",
        arguments=("--emulator-url", emulator_url, "--api-id", api_id),
        environment={},
        directory=directory,
        listener=listener,
        health_path="/health",
    )
