"""The gateway as a process of the local stage."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from infra.local.process.processes import ProcessSpec, run_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from infra.local.process.bound_socket import BoundSocket
    from infra.local.process.processes import RunningProcess

_READY_WITHIN_S = 30.0


@contextlib.contextmanager
def run_gateway(
    *,
    directory: Path,
    bound_socket: BoundSocket,
    emulator_url: str,
    outputs: Mapping[str, str],
    web_apps: Sequence[str] = (),
) -> Iterator[tuple[RunningProcess, ...]]:
    """Run the gateway while the block lasts, or no process where the stack has no API.

    Raises:
        ProcessFailed: it ended, or was not ready in time.
    """
    api_id = outputs.get("ApiId")
    if api_id is None:
        yield ()
        return
    spec = gateway_spec(
        directory=directory,
        bound_socket=bound_socket,
        emulator_url=emulator_url,
        api_id=api_id,
        web_apps=web_apps,
    )
    with run_process(spec) as gateway:
        gateway.await_health(_READY_WITHIN_S)
        yield (gateway,)


def gateway_spec(
    *,
    directory: Path,
    bound_socket: BoundSocket,
    emulator_url: str,
    api_id: str,
    web_apps: Sequence[str] = (),
) -> ProcessSpec:
    """Return how to start the gateway once the stack is deployed, since it serves one API by id."""
    return ProcessSpec(
        name="gateway",
        module="infra.local.gateway",
        arguments=(
            *("--emulator-url", emulator_url, "--api-id", api_id),
            *(word for origin in web_apps for word in ("--web-app", origin)),
        ),
        environment={},
        directory=directory,
        bound_socket=bound_socket,
        health_path="/health",
    )
