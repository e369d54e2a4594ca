"""The status page's process: the only one whose end does not end the stage.

It is a window to look through, and holds nothing: it is started again at its address, at most
`MOST_RESTARTS` times, and the stage works on without it.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.local.errors import StageError
from infra.local.process.bound_socket import bound_socket
from infra.local.process.processes import run_process
from infra.local.process.run_directory import run_directory
from infra.local.status_page.spec import page_spec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.process.processes import RunningProcess
    from infra.local.status_page.stack_names import StackNames

MOST_RESTARTS = 5
_READY_WITHIN_S = 30.0

_log = logging.getLogger("scones")


@dataclass(slots=True, kw_only=True)
class PageProcess:
    """The running page, or its last process if it can no longer be started."""

    runs: Path  # where its run directories are made
    emulator_url: str
    names: StackNames
    running: RunningProcess = field(init=False)
    _restarts: int = 0
    _resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def url(self) -> str:
        """Its address, which is the same after a restart."""
        return self.running.spec.bound_socket.url

    def start(self, port: int) -> None:
        """Start the page; with port 0 at any free one. Raises: StageError."""
        directory = self._resources.enter_context(run_directory(self.runs))
        page_socket = self._resources.enter_context(bound_socket(port))
        spec = page_spec(
            directory=directory / "page",
            bound_socket=page_socket,
            emulator_url=self.emulator_url,
            names=self.names,
        )
        self.running = self._resources.enter_context(run_process(spec))

    def restart_if_dead(self) -> bool:
        """Start the page again if its process has ended; return whether it was started."""
        failure = self.running.failure()
        if failure is None or self._restarts == MOST_RESTARTS:
            return False
        self._restarts += 1
        _log.warning("%s It is started again, the stage works on.", failure)
        self.stop()
        try:
            self.start(self.running.spec.bound_socket.port)
        except StageError as error:  # such as a port that another program has taken
            _log.warning("the status page cannot be started: %s", error)
            self._restarts = MOST_RESTARTS
            return False
        if self._restarts == MOST_RESTARTS:
            _log.warning("the status page has ended too often: it is not started again")
        return True

    def stop(self) -> None:
        """Stop the process and remove its files."""
        self._resources.close()


@contextlib.contextmanager
def page_process(
    *, runs: Path, port: int, emulator_url: str, names: StackNames
) -> Iterator[PageProcess]:
    """Run the status page while the block lasts. Raises: StageError."""
    page = PageProcess(runs=runs, emulator_url=emulator_url, names=names)
    try:
        page.start(port)
        page.running.await_health(_READY_WITHIN_S)
        yield page
    finally:
        page.stop()
