"""The stand-in for the SageMaker runtime as a process of the local stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.account import CREDENTIALS
from infra.local.process.processes import ProcessSpec

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.process.bound_socket import BoundSocket
    from infra.local.sagemaker.capture_lines import CaptureSettings


def endpoint_spec(
    *,
    directory: Path,
    bound_socket: BoundSocket,
    name: str,
    serving_app: str,
    model_dir: Path,
    capture: CaptureSettings,
    emulator_url: str,
) -> ProcessSpec:
    """Return how to start the stand-in, with one endpoint behind it.

    `serving_app` is the `module:function` that makes the container's ASGI application.
    """
    arguments = {
        "--endpoint": name,
        "--app": serving_app,
        "--model": str(model_dir.resolve()),
        "--destination": capture.destination,
        "--sampling": str(capture.sampling_percentage),
        "--modes": ",".join(sorted(capture.modes)),
        "--json-types": ",".join(capture.json_content_types),
        "--csv-types": ",".join(capture.csv_content_types),
    }
    return ProcessSpec(
        name="endpoint",
        module="infra.local.sagemaker",
        arguments=[word for pair in arguments.items() for word in pair],
        environment={**CREDENTIALS, "AWS_ENDPOINT_URL": emulator_url},
        directory=directory,
        bound_socket=bound_socket,
        health_path="/ping",
    )
