"""The AWS emulator with its patches, as a process: `python -m infra.local.emulator`.

It listens on a socket that its parent has bound, in the environment that `spec.py` sets. When its
standard input ends, it ends too, and removes its Lambda workers and files. With `--save` it writes
its state first; it does so on a clean stop only.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import threading
from importlib import import_module
from typing import TYPE_CHECKING

from hypercorn.asyncio import serve
from hypercorn.config import Config

from infra.local.emulator.guard import EmulatorGuard
from infra.local.emulator.patches.install import install
from infra.local.process import exit_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

_GRACE_S = 3.0
_SAVE_GRACE_S = 25.0
_OPEN_CONNECTIONS_S = 1.0


def main() -> None:
    """Serve the emulator until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket-fd", type=int, required=True, help="descriptor of a bound socket")
    parser.add_argument("--workers", type=int, default=2, help="processes that serve one function")
    parser.add_argument("--gateway-port", type=int, required=True, help="where its callers come in")
    parser.add_argument("--save", action="store_true", help="save the state at the end")
    options = parser.parse_args()
    install(workers=options.workers)
    stop_workers = import_module("ministack.core.lambda_runtime").reset
    config = Config()
    config.bind = [f"fd://{options.socket_fd}"]
    config.loglevel = "WARNING"
    config.graceful_timeout = _OPEN_CONNECTIONS_S
    app = EmulatorGuard(
        import_module("ministack.app").app,
        port=int(os.environ["GATEWAY_PORT"]),
        gateway_port=options.gateway_port,
    )
    asyncio.run(_serve(app, config, stop_workers, save=options.save))


async def _serve(
    app: EmulatorGuard, config: Config, stop_workers: Callable[[], None], *, save: bool
) -> None:
    loop, stopping, saved = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def finish() -> None:
        if save:  # the emulator does it when its server has shut down
            loop.call_soon_threadsafe(stopping.set)
            saved.wait()
        stop_workers()

    exit_with_parent.exit_with_parent(finish, within_s=_SAVE_GRACE_S if save else _GRACE_S)
    await serve(
        app,  # type: ignore[arg-type] # hypercorn types the scope by its own classes
        config,
        shutdown_trigger=stopping.wait,
    )
    saved.set()
    await asyncio.Event().wait()  # until `exit_with_parent` ends this process


if __name__ == "__main__":
    main()
