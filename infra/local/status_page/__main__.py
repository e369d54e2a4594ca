"""The status page as a process: `python -m infra.local.status_page`, started as in `spec.py`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
from dataclasses import fields
from typing import TYPE_CHECKING

import boto3
import uvicorn
from botocore.config import Config

from infra.local.guard import LoopbackGuard
from infra.local.process import exit_with_parent
from infra.local.status_page.app import page_app
from infra.local.status_page.headers import HEADERS
from infra.local.status_page.reader import StageReader
from infra.local.status_page.stack_names import StackNames

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_GRACE_S = 2.0
# One attempt: the page polls every second, and must show at once that the stage does not respond.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=10,
    retries={"total_max_attempts": 1},
    max_pool_connections=16,
    proxies={},
)


def main() -> None:
    """Serve the page until standard input ends."""
    logging.basicConfig(level=logging.WARNING)
    options = _options()
    names = StackNames(**{field.name: getattr(options, field.name) for field in fields(StackNames)})
    exit_with_parent.exit_with_parent(lambda: None, within_s=_GRACE_S)
    server = socket.socket(fileno=options.socket_fd)
    app = page_app(StageReader.over(boto3.Session(), names, config=_CONFIG))
    guarded = LoopbackGuard(app, port=server.getsockname()[1], methods=("GET",), headers=HEADERS)
    asyncio.run(_serve(guarded, server))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket-fd", type=int, required=True, help="descriptor of a bound socket")
    for field in fields(StackNames):
        parser.add_argument(f"--{field.name.replace('_', '-')}", required=True)
    return parser.parse_args()


async def _serve(app: ASGIApp, server: socket.socket) -> None:
    config = uvicorn.Config(
        app, lifespan="off", log_level="warning", access_log=False, server_header=False
    )
    await uvicorn.Server(config).serve(sockets=[server])


if __name__ == "__main__":
    main()
