"""The two processes of the stage, as they are to be started: the emulator and the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.processes import Part

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.capture import CaptureSettings
    from infra.local.listening import Listener

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
    *, directory: Path, listener: Listener, runtime_url: str, enforce_iam: bool, workers: int
) -> Part:
    """The corrected emulator; `workers` processes at most serve one Lambda function."""
    return Part(
        name="emulator",
        module="infra.local.emulator",
        arguments=("--workers", str(workers)),
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
            "STATE_DIR": f"{directory}/state",
            "S3_DATA_DIR": f"{directory}/s3",
        },
        directory=directory,
        listener=listener,
        health_path="/_ministack/ready",
    )


def endpoint(
    *,
    directory: Path,
    listener: Listener,
    name: str,
    serving_app: str,
    model_dir: Path,
    capture: CaptureSettings,
    emulator_url: str,
) -> Part:
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
    return Part(
        name="endpoint",
        module="infra.local.endpoint",
        arguments=[word for pair in arguments.items() for word in pair],
        environment={**CREDENTIALS, "AWS_ENDPOINT_URL": emulator_url},
        directory=directory,
        listener=listener,
        health_path="/ping",
    )
