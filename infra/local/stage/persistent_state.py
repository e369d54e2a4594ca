"""Keeps the emulator's state over a stop and start, as it was at the last clean stop.

The emulator writes its tables and queues only when it ends cleanly, but bucket contents at once.
After a crash, the folder would hold photos that no table knows. So a run works on a copy, which
replaces the kept state only when it is complete: a crash loses what that run did, but buckets,
tables and queues always agree.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
from typing import TYPE_CHECKING

from infra.local.errors import StateOutdated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Files of the emulator without which what it saved is not the whole pipeline.
NEEDED = ("cloudformation", "dynamodb", "s3", "sqs", "stepfunctions")

# The time of modification that marks a file as a copy of what was kept; no clock shows it again.
_COPIED_NS = 0
# Raised when this build cannot read rows, messages or stacks that a former build has kept.
# 1: before the outputs, rows and messages were renamed; such a state has no format file.
KEPT_FORMAT = 2
FORMAT_FILE = "format.json"

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def persistent_state(keep: Path | None, working: Path) -> Iterator[Path | None]:
    """Copy the kept state to `working`, where the emulator uses it, and save it after the block.

    The emulator must have ended before the block does. None where no state is to be kept.

    Raises:
        StateOutdated: the kept state has another format. It is left as it is.
    """
    if keep is None:
        yield None
        return
    before = keep.with_name(f"{keep.name}.before")
    if before.exists() and not keep.exists():  # killed between the two renames below
        before.rename(keep)
    shutil.rmtree(before, ignore_errors=True)
    if keep.exists():
        _require_format(keep)
        shutil.copytree(keep, working)
        _mark_copies(working)
    else:
        working.mkdir(parents=True)
    try:
        yield working
    finally:
        if _is_whole(working):
            _write_format(working)
            if keep.exists():
                keep.rename(before)
            keep.parent.mkdir(parents=True, exist_ok=True)
            working.rename(keep)
            shutil.rmtree(before, ignore_errors=True)
        else:
            _log.warning("The state was not saved: the kept state is that of the last clean stop.")


def _require_format(keep: Path) -> None:
    try:
        content: object = json.loads((keep / FORMAT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if content != _format():
        raise StateOutdated(
            "the state that `scones up --keep` has kept is of another build, which this build "
            "cannot read: remove it with `scones down --discard`, or start without --keep."
        )


def _write_format(working: Path) -> None:
    (working / FORMAT_FILE).write_text(json.dumps(_format()), encoding="utf-8")


def _format() -> dict[str, int]:
    return {"format": KEPT_FORMAT}


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
