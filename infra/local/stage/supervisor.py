"""Keeps the system running in the background: `python -m infra.local.stage.supervisor`.

`infra.local.stage.background` starts it, in a session of its own and with the lock of
`state_file`. It stops all that it has started, then ends, on SIGTERM or when one process has ended:
a system that works in part is hard to understand. Only the status page is started again.
"""

from __future__ import annotations

import argparse
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
from infra.local.sagemaker.endpoint_settings import endpoint_settings
from infra.local.stage.drop_folder import DropFolder
from infra.local.stage.page_process import page_process
from infra.local.stage.stage import SERVING_TEMPLATE, running_stage
from infra.local.stage.state_file import FAILED, READY, STARTING, UpState, forget_state, write_state
from infra.local.status_page.stack_names import StackNames

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from infra.local.stage.page_process import PageProcess
    from infra.local.stage.stage import LocalStage

_POLL_S = 0.2
_DRAIN_S = 30.0  # the photo of an interrupted execution would never get a final status

_log = logging.getLogger("scones")


class _StopSignal:
    """SIGTERM and SIGINT: they interrupt a start; later the supervisor polls `received`."""

    def __init__(self) -> None:
        self.received = False
        self.interrupts = True
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._receive)

    def _receive(self, _number: int, _frame: object) -> None:
        self.received = True
        if self.interrupts:
            self.interrupts = False
            raise KeyboardInterrupt


def main() -> int:
    """Run until a signal to stop (exit code 0) or until a process fails (1)."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    _log.setLevel(logging.INFO)
    stop, options = _StopSignal(), _options()
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
        _run(options, state, stop)
    except KeyboardInterrupt:
        _log.info("stopped before it was ready")
    except StageError as error:
        return _failed(options.folder, state, str(error))
    except Exception as error:  # noqa: BLE001 # `scones status` must show any failure
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


def _run(options: argparse.Namespace, state: UpState, stop: _StopSignal) -> None:
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
            page_url=page.url,
            api_url=stage.api_url,
            processes=_processes(stage, page),
        )
        drop_folder = DropFolder(options.drop_folder) if options.drop_folder else None
        stop.interrupts = False
        write_state(options.folder, ready)
        _log.info("ready at %s", stage.endpoint_url)

        def page_restarted() -> None:
            processes = _processes(stage, page)
            write_state(options.folder, dataclasses.replace(ready, processes=processes))

        _supervise(stage, page, drop_folder, stop, page_restarted=page_restarted)
        _log.info("stopping")
        if options.keep:
            _drain(stage)


def _page(options: argparse.Namespace, stage: LocalStage) -> AbstractContextManager[PageProcess]:
    name, capture = endpoint_settings(read_json(options.assembly / SERVING_TEMPLATE))
    return page_process(
        runs=options.folder / "runs",
        port=options.page_port,
        emulator_url=stage.endpoint_url,
        names=StackNames.of_stage(stage.outputs, endpoint_name=name, capture=capture),
    )


def _processes(stage: LocalStage, page: PageProcess) -> dict[str, int]:
    running = page.running
    return {**stage.processes, running.spec.name: running.process.pid}


def _supervise(
    stage: LocalStage,
    page: PageProcess,
    drop_folder: DropFolder | None,
    stop: _StopSignal,
    *,
    page_restarted: Callable[[], None],
) -> None:
    s3, bucket = stage.session().client("s3"), stage.outputs["IntakeBucket"]
    while not stop.received:
        for process in stage.running_processes:
            failure = process.failure()
            if failure:
                raise failure
        if page.restart_if_dead():
            page_restarted()
        if drop_folder:
            drop_folder.upload_ready(s3, bucket, should_stop=lambda: stop.received)
        time.sleep(_POLL_S)


def _drain(stage: LocalStage) -> None:
    """Let executions end: the emulator restores their records, not their running work."""
    machines = stage.session().client("stepfunctions")
    arn, deadline = stage.outputs["StateMachineArn"], time.monotonic() + _DRAIN_S
    while machines.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
        if time.monotonic() > deadline:
            _log.warning("executions were still running after %.0f s", _DRAIN_S)
            return
        time.sleep(_POLL_S)


if __name__ == "__main__":
    sys.exit(main())
