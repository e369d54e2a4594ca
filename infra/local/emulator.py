"""The AWS emulator with its corrections, as a process: `python -m infra.local.emulator`.

It listens on a socket that its parent opened, with the environment that `infra.local.parts` gives
it, and ends, with the Lambda workers and the files that it made, when its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from importlib import import_module
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config

from infra.local import lifeline
from infra.local.corrections.install import install

_GRACE_S = 3.0


def main() -> None:
    """Run until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listener", type=int, required=True, help="file descriptor to listen on")
    parser.add_argument("--workers", type=int, default=2, help="processes that serve one function")
    options = parser.parse_args()
    install(workers=options.workers)
    asyncio.run(_serve(options.listener))
    import_module("ministack.core.lambda_runtime").reset()
    lifeline.remove_own_files(Path(tempfile.gettempdir()))
    os._exit(0)  # threads of executions under way would go on, and start workers again


async def _serve(listener: int) -> None:
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.loglevel = "WARNING"
    config.graceful_timeout = 0.2  # clients keep their connections open and would hold up the end
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        loop.call_soon_threadsafe(stop.set)

    lifeline.watch(end, forced_after_s=_GRACE_S)
    await serve(import_module("ministack.app").app, config, shutdown_trigger=stop.wait)


if __name__ == "__main__":
    main()
