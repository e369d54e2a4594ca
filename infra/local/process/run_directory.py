"""Makes the directory of one run of the stage, and removes directories of dead runs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def run_directory(base: Path) -> Iterator[Path]:
    """Make a new directory under `base` and remove it after the block.

    Directories that killed runs have left in `base` are removed first: each run holds a lock on its
    directory, which the system releases however the run ends, so a free lock means a dead run.
    """
    base.mkdir(parents=True, exist_ok=True)
    with _open(base) as base_lock:
        fcntl.flock(base_lock, fcntl.LOCK_EX)
        for old in base.iterdir():
            if old.is_dir() and _is_dead(old):
                shutil.rmtree(old, ignore_errors=True)
        directory = Path(tempfile.mkdtemp(prefix="run-", dir=base))
        own_lock = os.open(directory, os.O_RDONLY)
        fcntl.flock(own_lock, fcntl.LOCK_EX)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(own_lock)


def _is_dead(directory: Path) -> bool:
    with _open(directory) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@contextlib.contextmanager
def _open(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
