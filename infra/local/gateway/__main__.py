"""The gateway as a process: `python -m infra.local.gateway`, started as in `spec.py`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
from typing import TYPE_CHECKING

import uvicorn

from infra.local.gateway.app import gateway_app
from infra.local.guard import LoopbackGuard
from infra.local.process import exit_with_parent

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_GRACE_S = 2.0


def main() -> None:
    """Serve the gateway until standard input ends."""
    logging.basicConfig(level=logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket-fd", type=int, required=True, help="descriptor of a bound socket")
    parser.add_argument("--emulator-url", required=True)
    parser.add_argument("--api-id", required=True)
    parser.add_argument("--web-app", action="append", default=[], help="origin that may call")
    options = parser.parse_args()
    exit_with_parent.exit_with_parent(lambda: None, within_s=_GRACE_S)
    server = socket.socket(fileno=options.socket_fd)
    app = gateway_app(emulator_url=options.emulator_url, api_id=options.api_id)
    port = server.getsockname()[1]
    guarded = LoopbackGuard(
        app, port=port, redirects_aliases=True, web_apps=frozenset(options.web_app)
    )
    asyncio.run(_serve(guarded, server))


async def _serve(app: ASGIApp, server: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,  # the API's own is passed on
    )
    await uvicorn.Server(config).serve(sockets=[server])


if __name__ == "__main__":
    main()
