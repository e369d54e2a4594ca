"""Uploads the files that are put into a folder on this machine, once they are completely written.

The name of a sub-folder is the driver's id; files at the top come from driver `dropbox`. An
uploaded file is moved to `.done/<driver>/<upload>.<name>`: people see which files were uploaded,
and neither a restart nor a new name uploads a file again. A file that cannot be moved is remembered
while the process runs.

A quiet moment is not the end of a slow copy. So a file that a program has open for writing is not
complete, where the system can tell, and an uploaded file that changes within a minute is uploaded
again, as another photo.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import signal
import stat
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from infra.operations.errors import InvalidDriver
from infra.operations.upload import key_of, new_upload_id, upload_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

DEFAULT_DRIVER = "dropbox"
DONE = ".done"
SETTLE_S = 0.7  # unchanged for so long: completely written
EMPTY_SETTLE_S = 5.0  # an empty file is most likely about to be written
WATCHED_S = 60.0  # after its upload: a change of the content is another photo
RENAMED_IN_S = 3.0  # unchanged for so long before it was first seen: moved here complete
_MAX_UPLOADS_A_ROUND = 16
_MAX_FILES = 2_000
_PARTIAL = (".part", ".partial", ".crdownload", ".download", ".filepart", ".opdownload", ".tmp")
_CLUTTER = ("thumbs.db", "desktop.ini")

_log = logging.getLogger("scones")


class Signature(NamedTuple):
    """Identifies a file and its content; it is the same after a rename."""

    device: int
    inode: int
    size: int
    modified_ns: int


class UploadedFile(NamedTuple):
    """An uploaded file that may still change."""

    driver: str
    signature: Signature  # when it was uploaded
    until: float  # monotonic


class Seen(NamedTuple):
    """A file as it was last seen."""

    signature: Signature
    since: float  # monotonic: unchanged since then
    settled: bool  # it was complete when it was first seen


@dataclass(slots=True)
class DropFolder:
    """Polls the folder; `now` is a monotonic clock and `wall` one of Unix time, in seconds."""

    folder: Path
    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    _seen: dict[Path, Seen] = field(default_factory=dict)
    _remembered: set[Signature] = field(default_factory=set)
    _watched: dict[Path, UploadedFile] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the folder if it does not exist."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def upload_ready(self, s3: S3Client, bucket: str, *, should_stop: Callable[[], bool]) -> int:
        """Upload files that are ready, at most 16, and return their number.

        `should_stop` is called before each file. A failed upload is logged and tried again later.
        """
        uploaded = 0
        for file, signature in self.ready():
            if uploaded == _MAX_UPLOADS_A_ROUND or should_stop():
                break
            try:
                uploaded += self._upload_one(s3, bucket, file, signature)
            except (OSError, BotoCoreError, ClientError) as error:
                _log.warning("not uploaded yet, will be tried again: %r: %s", file.name, error)
                self._seen.pop(file, None)  # tried again when it has settled again
                break
        return uploaded

    def ready(self) -> list[tuple[Path, Signature]]:
        """Return files that are completely written and not yet uploaded, oldest first."""
        now, seen = self.now(), {}
        for file in candidates(self.folder):
            signature = _signature(file)
            if signature is None or signature in self._remembered:
                continue
            before = self._seen.get(file)
            if before is None or before.signature != signature:
                age_s = self.wall() - signature.modified_ns / 1e9
                is_complete = before is None and age_s > RENAMED_IN_S and signature.size > 0
                seen[file] = Seen(signature, now, is_complete)
            else:
                seen[file] = before
        self._seen = seen | self._changed_after_upload(now)
        settled = [
            (file, sighting.signature)
            for file, sighting in self._seen.items()
            if _is_settled(sighting, now) and not is_being_written(file)
        ]
        return sorted(settled, key=lambda pair: pair[1].modified_ns)

    def _upload_one(self, s3: S3Client, bucket: str, file: Path, signature: Signature) -> bool:
        watched = self._watched.pop(file, None)
        driver = watched.driver if watched else driver_of(file, self.folder)
        upload_id = new_upload_id(datetime.now(UTC))
        try:
            key = key_of(driver, upload_id, file)
        except InvalidDriver as error:
            _log.warning("never uploaded: %s", error)
            self._remembered.add(signature)
            return False
        upload = upload_one(s3, bucket=bucket, path=file, key=key)
        _log.info("uploaded %r as photo %s", file.name, upload.photo_id)
        if watched:
            self._watch(file, driver, signature)
            return True
        if _signature(file) != signature:
            return True  # changed meanwhile: its new content is another photo
        target = self.folder / DONE / driver / f"{upload_id}.{file.name}"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            file.rename(target)
            self._watch(target, driver, signature)
        except OSError as error:
            _log.warning("uploaded, but cannot be moved away: %s", error)
            self._remembered.add(signature)
        return True

    def _watch(self, file: Path, driver: str, signature: Signature) -> None:
        self._watched[file] = UploadedFile(driver, signature, self.now() + WATCHED_S)

    def _changed_after_upload(self, now: float) -> dict[Path, Seen]:
        """Return the uploaded files that have changed since, and watch the others on."""
        changed = {}
        for file, watched in list(self._watched.items()):
            signature = _signature(file)
            if signature is None or (signature == watched.signature and now > watched.until):
                del self._watched[file]
            elif signature != watched.signature:
                before = self._seen.get(file)
                same = before is not None and before.signature == signature
                changed[file] = before if before and same else Seen(signature, now, settled=False)
        return changed


def is_being_written(file: Path) -> bool:
    """Whether a program has the file open for writing; False where the system cannot tell.

    Linux grants a read lease only on a file that no program has open for writing.
    """
    if sys.platform != "linux":
        return False
    try:
        with file.open("rb") as content:
            # The signal of a broken lease: the default one would end this process.
            fcntl.fcntl(content, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(content, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(content, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    return False


def candidates(folder: Path) -> Iterator[Path]:
    """Yield files at the top and one level below that may be photos, at most 2,000."""
    left = _MAX_FILES
    for entry in sorted(_entries(folder), key=lambda path: path.name):
        below = _entries(entry) if entry.is_dir() and not entry.is_symlink() else [entry]
        for file in below:
            if left and not is_ignored(file.name) and not is_ignored(entry.name):
                left -= 1
                yield file


def is_ignored(name: str) -> bool:
    """Whether a file of that name is hidden, unfinished, or made by the operating system."""
    lower = name.lower()
    return lower.startswith((".", "~$")) or lower.endswith(("~", *_PARTIAL)) or lower in _CLUTTER


def driver_of(file: Path, folder: Path) -> str:
    """Return the sub-folder's name, with bytes that are not UTF-8 escaped."""
    if file.parent == folder:
        return DEFAULT_DRIVER
    return os.fsencode(file.parent.name).decode("utf-8", "backslashreplace")


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # gone, or not readable
        return []


def _signature(file: Path) -> Signature | None:
    """Return None for anything but a regular file: folders, links, pipes."""
    try:
        status = file.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Signature(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _is_settled(seen: Seen, now: float) -> bool:
    if seen.settled:
        return True
    return now - seen.since >= (SETTLE_S if seen.signature.size else EMPTY_SETTLE_S)
