"""The status page as a process: `python -m infra.local.status_page`, started as `part` says."""

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
from infra.local.status_page.stack_names import PagePlaces

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_GRACE_S = 2.0
# One attempt: the page asks again in a second anyway, and should say at once that nobody answers.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=10,
    retries={"total_max_attempts": 1},
    max_pool_connections=16,
    proxies={},
)


def main() -> None:
    """Run until standard input ends."""
    logging.basicConfig(level=logging.WARNING)
    options = _options()
    places = PagePlaces(
        **{field.name: getattr(options, field.name) for field in fields(PagePlaces)}
    )
    exit_with_parent.exit_with_parent(lambda: None, within_s=_GRACE_S)
    listener = socket.socket(fileno=options.listener)
    app = page_app(StageReader.over(boto3.Session(), places, config=_CONFIG))
    guarded = LoopbackGuard(app, port=listener.getsockname()[1], methods=("GET",), headers=HEADERS)
    asyncio.run(_serve(guarded, listener))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listener", type=int, required=True, help="file descriptor to listen on")
    for field in fields(PagePlaces):
        parser.add_argument(f"--{field.name.replace('_', '-')}", required=True)
    return parser.parse_args()


async def _serve(app: ASGIApp, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app, lifespan="off", log_level="warning", access_log=False, server_header=False
    )
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    main()
