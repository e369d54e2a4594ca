"""The SageMaker endpoint of the local stage, as a process: `python -m infra.local.sagemaker`.

A stand-in for the runtime in front of the real serving application and model, with capture files in
the emulated S3. It is started as in `spec.py`. When its standard input ends, it writes what
it has captured and ends too.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import boto3
import uvicorn
from botocore.config import Config

from infra.local.account import ACCOUNT, REGION
from infra.local.guard import LoopbackGuard
from infra.local.process import exit_with_parent
from infra.local.sagemaker.capture_files import CaptureFiles
from infra.local.sagemaker.capture_lines import CaptureSettings
from infra.local.sagemaker.invocations import VARIANT, EndpointStandIn, invoke_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

_FLUSH_S = 2.0
_GRACE_S = 4.0


def main() -> None:
    """Serve the endpoint until standard input ends."""
    logging.basicConfig(level=logging.WARNING)
    options = _options()
    settings = CaptureSettings(
        destination=options.destination,
        sampling_percentage=options.sampling,
        modes=frozenset(_words(options.modes)),
        json_content_types=_words(options.json_types),
        csv_content_types=_words(options.csv_types),
    )
    config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
    store = boto3.client("s3", config=config)
    files = CaptureFiles(store, settings, endpoint=options.endpoint, variant=VARIANT)
    endpoint = EndpointStandIn(
        name=options.endpoint,
        account=ACCOUNT,
        region=REGION,
        capture=settings,
        add_capture=files.add,
    )
    exit_with_parent.exit_with_parent(lambda: files.close(_FLUSH_S), within_s=_GRACE_S)
    model = _serving_app(options.app)(options.model)
    server = socket.socket(fileno=options.socket_fd)
    guarded = LoopbackGuard(invoke_app(endpoint, model), port=server.getsockname()[1])
    asyncio.run(_serve(guarded, server))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket-fd", type=int, required=True, help="descriptor of a bound socket")
    parser.add_argument("--endpoint", required=True, help="EndpointName")
    parser.add_argument("--app", required=True, help="module:function that makes the application")
    parser.add_argument("--model", type=Path, required=True, help="the model's directory")
    parser.add_argument("--destination", required=True, help="s3://bucket/prefix of capture files")
    parser.add_argument("--sampling", type=int, required=True, help="percentage captured")
    parser.add_argument("--modes", required=True, help="directions captured: Input, Output")
    parser.add_argument("--json-types", default="", help="content types captured as JSON text")
    parser.add_argument("--csv-types", default="", help="content types captured as CSV text")
    return parser.parse_args()


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


def _serving_app(name: str) -> Callable[[Path], ASGIApp]:
    module, _, function = name.partition(":")
    # cast: the stage names the function, and a wrong one fails with the first call
    return cast("Callable[[Path], ASGIApp]", getattr(import_module(module), function))


async def _serve(app: ASGIApp, server: socket.socket) -> None:
    config = uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False)
    await uvicorn.Server(config).serve(sockets=[server])


if __name__ == "__main__":
    main()
