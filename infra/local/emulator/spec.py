"""The emulator as a process of the local stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.account import ACCOUNT, CREDENTIALS, REGION
from infra.local.process.processes import STOP_WITHIN_S, ProcessSpec

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.process.bound_socket import BoundSocket

_SAVE_WITHIN_S = 30.0


def emulator_spec(
    *,
    directory: Path,
    bound_socket: BoundSocket,
    runtime_url: str,
    enforce_iam: bool,
    workers: int,
    concurrency: int = 0,
    gateway_port: int = 0,
    state: Path | None = None,
) -> ProcessSpec:
    """Return how to start the patched emulator.

    At most `workers` processes serve one Lambda function: further calls wait. With a limit of
    `concurrency`, calls of all functions beyond it are throttled, as in an AWS account. The gateway
    at `gateway_port` (0: none) checks its own callers. With a folder for its `state`, the emulator
    starts from what that folder holds and saves its state there on a clean stop.
    """
    saving = {"PERSIST_STATE": "1"} if state else {}
    state_folder = state or directory
    return ProcessSpec(
        name="emulator",
        module="infra.local.emulator",
        arguments=(
            *("--workers", str(workers), "--gateway-port", str(gateway_port)),
            *(("--save",) if state else ()),
        ),
        environment={
            **CREDENTIALS,
            "GATEWAY_PORT": str(bound_socket.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",  # the host name in queue URLs
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "LOG_LEVEL": "WARNING",
            "AUTH": "true" if enforce_iam else "false",
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": runtime_url,
            "LAMBDA_ACCOUNT_CONCURRENCY": str(concurrency),  # 0 is unlimited
            # No Docker daemon, and no socket beside the one above.
            "DOCKER_HOST": f"unix://{directory}/none",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # Empty: there is no X-Ray daemon, and its SDK leaves a file in /tmp when this is set.
            "LAMBDA_TASK_ROOT": "",
            "STATE_DIR": f"{state_folder}/state",
            # Photos are files, not memory.
            "S3_DATA_DIR": f"{state_folder}/s3",
            "S3_PERSIST": "1",
            # Its threads take turns: an arena of each would only keep freed memory from the others.
            "MALLOC_ARENA_MAX": "1",
            **saving,
        },
        directory=directory,
        bound_socket=bound_socket,
        health_path="/_ministack/ready",
        stop_within_s=_SAVE_WITHIN_S if state else STOP_WITHIN_S,
    )
