"""The gateway as a process of the stage, in the manner of `infra.local.stage.process_specs`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from infra.local.process.processes import Part, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from infra.local.process.bound_socket import Listener
    from infra.local.process.processes import Running

_READY_WITHIN_S = 30.0


@contextlib.contextmanager
def running_gateway(
    *, directory: Path, listener: Listener, emulator_url: str, outputs: Mapping[str, str]
) -> Iterator[tuple[Running, ...]]:
    """The gateway, ready; nothing where the stack has no API."""
    api_id = outputs.get("ApiId")
    if api_id is None:
        yield ()
        return
    made = part(directory=directory, listener=listener, emulator_url=emulator_url, api_id=api_id)
    with running(made) as gateway:
        gateway.await_health(_READY_WITHIN_S)
        yield (gateway,)


def part(*, directory: Path, listener: Listener, emulator_url: str, api_id: str) -> Part:
    """The gateway, to be started once the stack is deployed: it is told which API is its own."""
    return Part(
        name="gateway",
        module="infra.local.gateway",
        arguments=("--emulator-url", emulator_url, "--api-id", api_id),
        environment={},
        directory=directory,
        listener=listener,
        health_path="/health",
    )
