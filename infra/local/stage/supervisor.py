"""Keeps the system running in the background: `python -m infra.local.stage.supervisor`.

`infra.local.stage.background` starts it, in a session of its own and with the lock of
`state_file`. It ends, with everything that it started, on SIGTERM, or as soon as one process is
dead: half a system would only puzzle people.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import logging
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from infra.local.cloud_assembly.reader import read_json
from infra.local.errors import StageError
from infra.local.process.bound_socket import bound_socket
from infra.local.process.processes import run_process
from infra.local.process.run_directory import run_directory
from infra.local.sagemaker.endpoint_settings import endpoint_settings
from infra.local.stage.drop_folder import DropFolder
from infra.local.stage.stage import SERVING_TEMPLATE, running_stage
from infra.local.stage.state_file import FAILED, READY, STARTING, UpState, forget_state, write_state
from infra.local.status_page.spec import process_spec as page_part
from infra.local.status_page.stack_names import PagePlaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.process.processes import RunningProcess
    from infra.local.stage.stage import LocalStage

_POLL_S = 0.2
_PAGE_WITHIN_S = 30.0
_DRAIN_S = 30.0  # an execution that is cut off would never end its photo

_log = logging.getLogger("scones")


class _Ending:
    """SIGTERM breaks off a start; later it is asked for at a good moment."""

    def __init__(self) -> None:
        self.asked = False
        self.interrupts = True
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: object) -> None:
        self.asked = True
        if self.interrupts:
            self.interrupts = False
            raise KeyboardInterrupt


def main() -> int:
    """Run until told to end (0) or until something fails (1)."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    _log.setLevel(logging.INFO)
    ending, options = _Ending(), _options()
    state = UpState(
        status=STARTING,
        pid=os.getpid(),
        pid_started=psutil.Process().create_time(),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
        drop_folder=str(options.drop_folder or ""),
        keep=options.keep,
    )
    try:
        write_state(options.folder, state)
        _run(options, state, ending)
    except KeyboardInterrupt:
        _log.info("ended before it was ready")
    except StageError as error:
        return _failed(options.folder, state, str(error))
    except Exception as error:  # noqa: BLE001 # whatever it is, `scones status` must be able to say it
        _log.exception("the supervisor failed")
        return _failed(options.folder, state, f"The supervisor failed: {error!r}.")
    forget_state(options.folder)
    return 0


def _failed(folder: Path, state: UpState, message: str) -> int:
    _log.error("%s", message)
    write_state(folder, dataclasses.replace(state, status=FAILED, message=message))
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where state and log are")
    parser.add_argument("--assembly", type=Path, required=True, help="what to deploy")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--runtime-port", type=int, default=0)
    parser.add_argument("--page-port", type=int, default=0)
    parser.add_argument("--api-port", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--drop-folder", type=Path)
    return parser.parse_args()


def _run(options: argparse.Namespace, state: UpState, ending: _Ending) -> None:
    with (
        running_stage(
            options.folder / "runs",
            assembly=options.assembly,
            port=options.port,
            runtime_port=options.runtime_port,
            api_port=options.api_port,
            keep=options.folder / "kept" if options.keep else None,
        ) as stage,
        _page(options, stage) as page,
    ):
        ready = dataclasses.replace(
            state,
            status=READY,
            endpoint_url=stage.endpoint_url,
            runtime_url=stage.runtime_url,
            outputs=dict(stage.outputs),
            page_url=page.part.listener.url,
            api_url=stage.api_url,
            processes={**stage.processes, page.part.name: page.process.pid},
        )
        drop = DropFolder(options.drop_folder) if options.drop_folder else None
        ending.interrupts = False
        write_state(options.folder, ready)
        _log.info("ready at %s", stage.endpoint_url)
        _watch(stage, (*stage.parts, page), drop, ending)
        _log.info("asked to end")
        if options.keep:
            _drain(stage)


@contextlib.contextmanager
def _page(options: argparse.Namespace, stage: LocalStage) -> Iterator[RunningProcess]:
    name, capture = endpoint_settings(read_json(options.assembly / SERVING_TEMPLATE))
    places = PagePlaces.of_stage(stage.outputs, endpoint_name=name, capture=capture)
    with (
        run_directory(options.folder / "runs") as directory,
        bound_socket(options.page_port) as at,
        run_process(
            page_part(
                directory=directory / "page",
                listener=at,
                emulator_url=stage.endpoint_url,
                places=places,
            )
        ) as page,
    ):
        page.await_health(_PAGE_WITHIN_S)
        yield page


def _watch(
    stage: LocalStage, parts: tuple[RunningProcess, ...], drop: DropFolder | None, ending: _Ending
) -> None:
    s3, bucket = stage.session().client("s3"), stage.outputs["IntakeBucket"]
    while not ending.asked:
        for part in parts:
            failure = part.failure()
            if failure:
                raise failure
        if drop:
            drop.take(s3, bucket, enough=lambda: ending.asked)
        time.sleep(_POLL_S)


def _drain(stage: LocalStage) -> None:
    """Let executions end: what the emulator restores are records, not running work."""
    machines = stage.session().client("stepfunctions")
    arn, deadline = stage.outputs["StateMachineArn"], time.monotonic() + _DRAIN_S
    while machines.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
        if time.monotonic() > deadline:
            _log.warning("executions were still running after %.0f s", _DRAIN_S)
            return
        time.sleep(_POLL_S)


if __name__ == "__main__":
    sys.exit(main())
