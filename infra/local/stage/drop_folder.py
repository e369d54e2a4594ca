"""A folder on this machine: what is put there is uploaded, once it is completely written.

The name of a sub-folder is the driver's id; what lies at the top comes from driver `dropbox`. What
was uploaded is moved to `.done/<driver>/<upload>.<name>` and not only remembered: one sees what was
taken, and neither a restart nor another name sends a file again. Where it cannot be moved, it is
remembered as long as this runs.
"""

from __future__ import annotations

import logging
import os
import stat
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from infra.operations.upload import upload_one
from infra.operations.upload_key import InvalidDriver, key_of, new_upload_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

DEFAULT_DRIVER = "dropbox"
DONE = ".done"
SETTLE_S = 0.7  # unchanged for so long: whoever wrote it has finished
EMPTY_SETTLE_S = 5.0  # an empty file is most likely about to be written
RENAMED_IN_S = 3.0  # unchanged for so long before it was first seen: it was moved here whole
_MOST_A_ROUND = 16
_MOST_SEEN = 2_000
_PARTIAL = (".part", ".partial", ".crdownload", ".download", ".filepart", ".opdownload", ".tmp")
_CLUTTER = ("thumbs.db", "desktop.ini")

_log = logging.getLogger("scones")


class Signature(NamedTuple):
    """What tells a file from another, and from itself before a change; its name is no part."""

    device: int
    inode: int
    size: int
    modified_ns: int


class Seen(NamedTuple):
    """A file as of some moment."""

    signature: Signature
    since: float  # monotonic: unchanged since then
    settled: bool  # it came as it is


@dataclass(slots=True)
class DropFolder:
    """Looks at the folder again and again; `now` and `wall` are clocks."""

    folder: Path
    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    _seen: dict[Path, Seen] = field(default_factory=dict)
    _remembered: set[Signature] = field(default_factory=set)

    def __post_init__(self) -> None:
        """The folder is made where there is none."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def take(self, s3: S3Client, bucket: str, *, enough: Callable[[], bool]) -> int:
        """Upload what is ready, but not more than a round's worth; how many that was."""
        taken = 0
        for file, signature in self.ready():
            if taken == _MOST_A_ROUND or enough():
                break
            try:
                taken += self._take_one(s3, bucket, file, signature)
            except (OSError, BotoCoreError, ClientError) as error:
                _log.warning("not uploaded yet, tried again: %r: %s", file.name, error)
                self._seen.pop(file, None)  # waits until it has settled again
                break
        return taken

    def ready(self) -> list[tuple[Path, Signature]]:
        """Files that are completely written and not yet taken, oldest first."""
        now, seen = self.now(), {}
        for file in candidates(self.folder):
            signature = _signature(file)
            if signature is None or signature in self._remembered:
                continue
            before = self._seen.get(file)
            if before is None or before.signature != signature:
                age_s = self.wall() - signature.modified_ns / 1e9
                came_whole = before is None and age_s > RENAMED_IN_S and signature.size > 0
                seen[file] = Seen(signature, now, came_whole)
            else:
                seen[file] = before
        self._seen = seen
        settled = [(file, each) for file, each in seen.items() if _is_settled(each, now)]
        settled.sort(key=lambda pair: pair[1].signature.modified_ns)
        return [(file, each.signature) for file, each in settled]

    def _take_one(self, s3: S3Client, bucket: str, file: Path, signature: Signature) -> bool:
        driver = driver_of(file, self.folder)
        upload_id = new_upload_id(datetime.now(UTC))
        try:
            key = key_of(driver, upload_id, file)
        except InvalidDriver as error:
            _log.warning("never uploaded: %s", error)
            self._remembered.add(signature)
            return False
        upload = upload_one(s3, bucket=bucket, path=file, key=key)
        _log.info("uploaded %r as photo %s", file.name, upload.photo_id)
        if _signature(file) != signature:
            return True  # written to meanwhile: what it has become is another photo
        done = self.folder / DONE / driver / f"{upload_id}.{file.name}"
        try:
            done.parent.mkdir(parents=True, exist_ok=True)
            file.rename(done)
        except OSError as error:
            _log.warning("uploaded, but cannot be moved away: %s", error)
            self._remembered.add(signature)
        return True


def candidates(folder: Path) -> Iterator[Path]:
    """Files at the top and one level below that may be photos; never more than can be watched."""
    left = _MOST_SEEN
    for entry in sorted(_entries(folder), key=lambda each: each.name):
        below = _entries(entry) if entry.is_dir() and not entry.is_symlink() else [entry]
        for file in below:
            if left and not is_ignored(file.name) and not is_ignored(entry.name):
                left -= 1
                yield file


def is_ignored(name: str) -> bool:
    """Hidden files, and what programs write before a file has its name."""
    lower = name.lower()
    return lower.startswith((".", "~$")) or lower.endswith(("~", *_PARTIAL)) or lower in _CLUTTER


def driver_of(file: Path, folder: Path) -> str:
    """The sub-folder's name, made text where it is none."""
    if file.parent == folder:
        return DEFAULT_DRIVER
    return os.fsencode(file.parent.name).decode("utf-8", "backslashreplace")


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # gone, or not for us
        return []


def _signature(file: Path) -> Signature | None:
    """None for what is no ordinary file: folders, links, pipes."""
    try:
        found = file.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Signature(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _is_settled(seen: Seen, now: float) -> bool:
    if seen.settled:
        return True
    return now - seen.since >= (SETTLE_S if seen.signature.size else EMPTY_SETTLE_S)
