"""Ties a process of the stage to its parent: the parent holds the other end of its standard input.

The pipe closes when the parent asks for the end, and as well when the parent dies in any way, even
by SIGKILL, which no signal handler sees. So the process ends in both cases, and takes its files
along.
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
    """Once the parent lets go, call `finish`, remove this process's files, and exit.

    That happens at once and in a thread of its own: open connections and work under way are not
    waited for. If `finish` takes too long, the whole process group is killed.
    """

    def wait_for_end() -> None:
        while os.read(_STDIN, 1024):
            pass
        threading.Thread(target=_kill, args=(within_s,), daemon=True).start()
        finish()
        remove_own_files(Path(tempfile.gettempdir()))
        os._exit(0)

    threading.Thread(target=wait_for_end, name="lifeline", daemon=True).start()


def _kill(after_s: float) -> None:
    threading.Event().wait(after_s)
    if os.getpgrp() == os.getpid():  # only a group of our own, never the shell's that started us
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def remove_own_files(directory: Path) -> None:
    """Remove this process's directory, and the run's when it was the last one in it."""
    shutil.rmtree(directory, ignore_errors=True)
    with contextlib.suppress(OSError):  # the other process's directory is still there
        directory.parent.rmdir()
