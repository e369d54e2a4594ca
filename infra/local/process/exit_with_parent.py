"""Ends a process of the stage with its parent, which holds the other end of its standard input.

The parent closes the pipe to stop the process. The system closes it when the parent dies, even by
SIGKILL, which no signal handler sees. In both cases the process ends and removes its files.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_STDIN = 0


def exit_with_parent(finish: Callable[[], None], *, within_s: float) -> None:
    """When standard input ends, call `finish`, remove this process's files, and exit.

    This returns at once; a thread waits for the end of the input. It does not wait for open
    connections or running work. If `finish` takes longer than `within_s` seconds, the whole process
    group is killed.
    """

    def wait_for_end() -> None:
        while os.read(_STDIN, 1024):
            pass
        threading.Thread(target=_kill, args=(within_s,), daemon=True).start()
        finish()
        remove_own_files(Path(tempfile.gettempdir()))
        os._exit(0)

    threading.Thread(target=wait_for_end, name="exit-with-parent", daemon=True).start()


def _kill(after_s: float) -> None:
    threading.Event().wait(after_s)
    if os.getpgrp() == os.getpid():  # only our own group, never that of the shell that started us
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def remove_own_files(directory: Path) -> None:
    """Remove this process's directory, and the run's directory if no other process uses it."""
    shutil.rmtree(directory, ignore_errors=True)
    with contextlib.suppress(OSError):  # the other process's directory is still there
        directory.parent.rmdir()
