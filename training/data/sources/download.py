"""Download of one file from the web: resumed, verified, and in place only when it is complete."""

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from training.data.sources.files import UnusableData

Progress = Callable[[int, int], None]  # bytes received, bytes in total (0: not known)

_CHUNK = 1 << 18
_TIMEOUT_S = 30.0
_ATTEMPTS = 5
_MAX_BYTES = 2_000_000_000
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})


class DownloadFailed(UnusableData):
    """The download failed; the bytes received so far are kept for the next attempt."""


class _BrokenOff(Exception):
    """The transfer failed in a way that another attempt may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A file on the web, identified by its checksum."""

    url: str
    md5: str  # as published; protects against accidents, not against attackers


def download(
    remote: Remote,
    target: Path,
    *,
    progress: Progress = lambda *_: None,
    timeout_s: float = _TIMEOUT_S,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Download the file to `target`, unless it is there with the right checksum.

    Up to five attempts, with growing pauses; `timeout_s` is that of one read.

    Raises: DownloadFailed.
    """
    if urlsplit(remote.url).scheme not in {"http", "https"}:
        raise DownloadFailed(f"{remote.url} is not an http or https address")
    if target.is_file() and md5_of(target) == remote.md5:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = _Partial(target)
    for attempt in range(_ATTEMPTS):
        resumed = partial.size > 0
        try:
            _receive(remote.url, partial, progress, timeout_s)
        except _BrokenOff as error:
            if attempt + 1 == _ATTEMPTS:
                raise DownloadFailed(f"{remote.url}: {error}, {_ATTEMPTS} times") from error
            pause(2.0**attempt)
            continue
        if md5_of(partial.path) == remote.md5:
            partial.become(target)
            return
        partial.discard()
        if not resumed:
            break  # complete and new, and still another file
    raise DownloadFailed(f"{remote.url} is another file: its MD5 is not {remote.md5}")


def md5_of(path: Path) -> str:
    """Return the MD5 of a file in hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


class _Partial:
    """The bytes received so far, and the version of the file that they belong to."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.partial")
        self._version_path = target.with_name(f"{target.name}.version")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def version(self) -> str:
        return self._version_path.read_text(encoding="utf-8") if self._version_path.exists() else ""

    def begin(self, version: str) -> None:
        self.path.write_bytes(b"")
        self._version_path.write_text(version, encoding="utf-8")

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._version_path.unlink(missing_ok=True)

    def become(self, target: Path) -> None:
        self.path.replace(target)
        self._version_path.unlink(missing_ok=True)


def _receive(url: str, partial: _Partial, progress: Progress, timeout_s: float) -> None:
    """Receive the rest of the file, or all of it if the server does not resume."""
    request = urllib.request.Request(url)  # noqa: S310 # the scheme was checked
    if partial.size:
        request.add_header("Range", f"bytes={partial.size}-")
        if partial.version:
            request.add_header("If-Range", partial.version)
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:  # noqa: S310 # above
            _store(response, partial, progress)
    except urllib.error.HTTPError as error:
        with error:
            _handle_status(error, partial)
    except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.URLError) and not isinstance(error.reason, TimeoutError):
            raise DownloadFailed(
                f"no connection to {urlsplit(url).netloc}: {error.reason}"
            ) from error
        raise _BrokenOff(f"the connection broke off ({error})") from error


def _handle_status(error: urllib.error.HTTPError, partial: _Partial) -> None:
    """Return if the partial file is complete. Raises: _BrokenOff, DownloadFailed."""
    if error.code == 416:  # no bytes beyond those received: complete, or of another file
        total = (error.headers.get("Content-Range") or "").rpartition("/")[2]
        if total == str(partial.size):
            return
        partial.discard()
        raise _BrokenOff("the bytes received before are of another file") from error
    if error.code in _RETRIED:
        raise _BrokenOff(f"the server answered {error.code}") from error
    raise DownloadFailed(f"{error.url}: the server answered {error.code} {error.reason}") from error


def _store(response: http.client.HTTPResponse, partial: _Partial, progress: Progress) -> None:
    if response.status == 206:
        start, _, total = response.headers["Content-Range"].removeprefix("bytes ").partition("/")
        if start.partition("-")[0] != str(partial.size):
            partial.discard()
            raise _BrokenOff("the server sent another range than was requested")
    else:
        total = response.headers.get("Content-Length") or "0"
        tag = response.headers.get("ETag") or ""
        # A weak tag may not be used to resume (RFC 9110, 13.1.5).
        version = response.headers.get("Last-Modified") or "" if tag.startswith("W/") else tag
        partial.begin(version)
    expected = int(total) if total.isdecimal() else 0
    size = partial.size
    with partial.path.open("ab") as file:
        while chunk := response.read(_CHUNK):
            size += len(chunk)
            if size > _MAX_BYTES:
                raise DownloadFailed(f"the file has more than {_MAX_BYTES:,} bytes")
            file.write(chunk)
            progress(size, expected)
    if size < expected:
        raise _BrokenOff(f"{size:,} of {expected:,} bytes received")
