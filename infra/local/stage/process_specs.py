"""The two processes of the stage, as they are to be started: the emulator and the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.process.processes import ProcessSpec

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.process.bound_socket import BoundSocket
    from infra.local.sagemaker.capture_lines import CaptureSettings

_STOP_S = 6.0
_SAVE_S = 30.0

REGION = "us-east-1"
ACCOUNT = "000000000000"
# The emulator treats this key as the account's root, also when it enforces IAM.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
}


def emulator(
    *,
    directory: Path,
    listener: BoundSocket,
    runtime_url: str,
    enforce_iam: bool,
    workers: int,
    state: Path | None = None,
) -> ProcessSpec:
    """The corrected emulator; `workers` processes at most serve one Lambda function.

    With a folder for its `state`, it starts with what it finds there and saves it when it ends.
    """
    saving = {"PERSIST_STATE": "1", "S3_PERSIST": "1"} if state else {}
    place = state or directory
    return ProcessSpec(
        name="emulator",
        module="infra.local.emulator",
        arguments=("--workers", str(workers), *(("--save",) if state else ())),
        environment={
            **CREDENTIALS,
            "GATEWAY_PORT": str(listener.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",  # as it stands in queue URLs
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "LOG_LEVEL": "WARNING",
            "AUTH": "true" if enforce_iam else "false",
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": runtime_url,
            "LAMBDA_ACCOUNT_CONCURRENCY": "0",  # unbounded: the corrections queue instead
            # Nothing of a Docker daemon, and no listener beside the one above.
            "DOCKER_HOST": f"unix://{directory}/none",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # Empty: there is no X-Ray daemon, and its SDK leaves a file in /tmp when this is set.
            "LAMBDA_TASK_ROOT": "",
            "STATE_DIR": f"{place}/state",
            "S3_DATA_DIR": f"{place}/s3",
            **saving,
        },
        directory=directory,
        listener=listener,
        health_path="/_ministack/ready",
        stop_within_s=_SAVE_S if state else _STOP_S,
    )


def endpoint(
    *,
    directory: Path,
    listener: BoundSocket,
    name: str,
    serving_app: str,
    model_dir: Path,
    capture: CaptureSettings,
    emulator_url: str,
) -> ProcessSpec:
    """The stand-in for the SageMaker runtime, with one endpoint behind it.

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
        listener=listener,
        health_path="/ping",
    )
