"""The AWS emulator with its corrections, as a process: `python -m infra.local.emulator`.

It listens on a socket that its parent opened, with the environment that `infra.local.parts` gives
it, and ends, with the Lambda workers and the files that it made, when its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
from importlib import import_module

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
    stop_workers = import_module("ministack.core.lambda_runtime").reset
    lifeline.end_with_parent(stop_workers, within_s=_GRACE_S)
    config = Config()
    config.bind = [f"fd://{options.listener}"]
    config.loglevel = "WARNING"
    asyncio.run(serve(import_module("ministack.app").app, config))


if __name__ == "__main__":
    main()
