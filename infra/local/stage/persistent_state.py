"""What survives a stop and start: the emulator's state, as it was at the last clean stop.

The emulator writes its tables and queues only when it ends cleanly, but bucket contents at once.
After a crash, the folder would hold photos that no table knows. So a run works on a copy, which
takes the place of what was kept only once it is whole: a crash loses what that run did, never the
agreement between buckets, tables and queues.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Files of the emulator without which what it saved is not the whole pipeline.
NEEDED = ("cloudformation", "dynamodb", "s3", "sqs", "stepfunctions")

# The time of modification that marks a file as a copy of what was kept; no clock shows it again.
_COPIED_NS = 0

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def persistent_state(keep: Path | None, working: Path) -> Iterator[Path | None]:
    """A folder with what was kept, for the emulator to work in; None where nothing is to be kept.

    The emulator must have ended before the block does.
    """
    if keep is None:
        yield None
        return
    before = keep.with_name(f"{keep.name}.before")
    if before.exists() and not keep.exists():  # killed between the two renames below
        before.rename(keep)
    shutil.rmtree(before, ignore_errors=True)
    if keep.exists():
        shutil.copytree(keep, working)
        _mark_copies(working)
    else:
        working.mkdir(parents=True)
    try:
        yield working
    finally:
        if _is_whole(working):
            if keep.exists():
                keep.rename(before)
            keep.parent.mkdir(parents=True, exist_ok=True)
            working.rename(keep)
            shutil.rmtree(before, ignore_errors=True)
        else:
            _log.warning("The state was not saved: kept is what the last clean stop left.")


def _mark_copies(working: Path) -> None:
    """Make a file that the emulator writes again distinguishable from its copy.

    Not by comparing its time with a clock's: a file system may round times down by some
    milliseconds, and a clock may be set back while the emulator runs.
    """
    for file in _state_files(working):
        if file.is_file():
            os.utime(file, ns=(_COPIED_NS, _COPIED_NS))


def _is_whole(working: Path) -> bool:
    """Whether the emulator wrote all of its state at the end of this run."""
    return all(
        file.is_file() and file.stat().st_mtime_ns != _COPIED_NS for file in _state_files(working)
    )


def _state_files(working: Path) -> list[Path]:
    return [working / "state" / f"{name}.json" for name in NEEDED]
