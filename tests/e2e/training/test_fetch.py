"""The archive's download, from a server on this machine that fails in the ways of real ones."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from tests.training.cifar_archive import an_archive
from training.__main__ import app
from training.data.sources.download import DownloadFailed, Remote, download, md5_of

pytestmark = pytest.mark.e2e

CONTENT = bytes(range(256)) * 4000


@dataclass
class Site:
    """One file, and how the server sends it."""

    content: bytes = CONTENT
    etag: str = '"one"'
    knows_ranges: bool = True
    breaks_off_after: list[int] = field(default_factory=list)  # bytes, one entry a request
    statuses: list[int] = field(default_factory=list)  # sent instead, one entry a request
    ranges: list[str] = field(default_factory=list)  # requested
    url: str = ""

    @property
    def remote(self) -> Remote:
        return Remote(url=self.url, md5=hashlib.md5(self.content).hexdigest())  # noqa: S324


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.close_connection = True
            site.ranges.append(self.headers.get("Range", ""))
            if site.statuses and (status := site.statuses.pop(0)) != 200:
                self.send_error(status)
                return
            self._send(self._start())

        def _start(self) -> int:
            first = self.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
            same = self.headers.get("If-Range", site.etag) == site.etag
            return int(first) if first and same and site.knows_ranges else 0

        def _send(self, start: int) -> None:
            rest = site.content[start:]
            total = len(site.content)
            if start and not rest:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{total}")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
            self.send_header("Content-Length", str(len(rest)))
            self.send_header("ETag", site.etag)
            self.end_headers()
            limit = site.breaks_off_after.pop(0) if site.breaks_off_after else len(rest)
            self.wfile.write(rest[:limit])

        def log_message(self, *_: object) -> None:
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/archive.tar.gz"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fetch(site: Site, target: Path) -> list[float]:
    """Download the file and return the pauses between the attempts, in seconds."""
    pauses: list[float] = []
    download(site.remote, target, timeout_s=10, pause=pauses.append)
    return pauses


def test_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with serving(Site()) as site:
        download(site.remote, tmp_path / "a", progress=lambda *sizes: seen.append(sizes))
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_interrupted_download_continues_where_it_stopped(tmp_path: Path) -> None:
    with serving(Site(breaks_off_after=[300_000, 200_000])) as site:
        pauses = fetch(site, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert site.ranges == ["", "bytes=300000-", "bytes=500000-"]
    assert pauses == sorted(set(pauses))


def test_next_run_continues_where_the_last_one_gave_up(tmp_path: Path) -> None:
    with serving(Site(breaks_off_after=[100_000, 0, 0, 0, 0])) as site:
        with pytest.raises(DownloadFailed, match="bytes received"):
            fetch(site, tmp_path / "a")
        assert not (tmp_path / "a").exists()
        fetch(site, tmp_path / "a")
    assert site.ranges[-1] == "bytes=100000-"
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_server_without_ranges_sends_the_whole_file_again(tmp_path: Path) -> None:
    with serving(Site(knows_ranges=False, breaks_off_after=[300_000])) as site:
        fetch(site, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_file_that_changed_is_not_mixed_with_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "a.partial").write_bytes(b"old" * 1000)
    (tmp_path / "a.version").write_text('"zero"')
    with serving(Site()) as site:
        fetch(site, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_resumed_file_with_a_wrong_checksum_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "a.partial").write_bytes(b"old" * 1000)
    with serving(Site()) as site:
        fetch(site, tmp_path / "a")
    assert site.ranges == ["bytes=3000-", ""]
    assert (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.parametrize("size", [len(CONTENT), len(CONTENT) + 5])
def test_complete_or_too_long_partial_file_is_checked_by_its_checksum(
    tmp_path: Path, size: int
) -> None:
    (tmp_path / "a.partial").write_bytes((CONTENT + b"extra")[:size])
    with serving(Site()) as site:
        fetch(site, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_another_file_is_refused_and_not_kept(tmp_path: Path) -> None:
    with serving(Site()) as site, pytest.raises(DownloadFailed, match="MD5"):
        download(Remote(url=site.url, md5="0" * 32), tmp_path / "a", pause=lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_missing_file_is_not_requested_again(tmp_path: Path) -> None:
    with serving(Site(statuses=[404])) as site, pytest.raises(DownloadFailed, match="404"):
        fetch(site, tmp_path / "a")
    assert len(site.ranges) == 1


def test_busy_server_is_requested_again(tmp_path: Path) -> None:
    with serving(Site(statuses=[503, 429])) as site:
        fetch(site, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_file_that_is_there_needs_no_network(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    with serving(Site()) as site:
        fetch(site, tmp_path / "a")
    assert site.ranges == []


def nowhere() -> str:
    """Return the address of a server that has stopped."""
    with serving(Site()) as site:
        return site.url


def test_command_writes_folders_of_our_classes(tmp_path: Path) -> None:
    out = tmp_path / "data"
    with serving(Site(content=an_archive())) as site:
        words = ["--url", site.url, "--md5", site.remote.md5, "--negatives", "4"]
        result = CliRunner().invoke(app, ["fetch", "--out", str(out), *words])
    assert result.exit_code == 0, result.output
    assert len(list(out.glob("cifar100/train/bicycle/*.png"))) == 6
    assert len(list(out.glob("cifar100/test/other/*.png"))) == 4
    assert md5_of(out / ".downloads/cifar-100-python.tar.gz") == site.remote.md5


def test_command_without_a_network_names_the_alternatives(tmp_path: Path) -> None:
    words = ["fetch", "--out", str(tmp_path / "data"), "--url", nowhere()]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "no connection to 127.0.0.1" in result.output
    assert "--archive" in result.output
    assert "train --data FOLDER" in result.output


def test_copy_of_the_archive_needs_no_network(tmp_path: Path) -> None:
    (tmp_path / "mine.tar.gz").write_bytes(an_archive())
    words = ["fetch", "--out", str(tmp_path / "data"), "--archive", str(tmp_path / "mine.tar.gz")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert CliRunner().invoke(app, words).output.strip().endswith("to write it again")
