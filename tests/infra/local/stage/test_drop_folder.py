"""Which files of a drop folder are uploaded, and when."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from infra.local.stage.drop_folder import (
    EMPTY_SETTLE_S,
    SETTLE_S,
    WATCHED_S,
    DropFolder,
    candidates,
    driver_of,
    is_ignored,
)

BUCKET = "intake"
TODAY = 2_000_000_000.0


@dataclass
class Clock:
    """Both clocks of a drop folder."""

    passed: float = 0.0

    def now(self) -> float:
        return self.passed

    def wall(self) -> float:
        return TODAY + self.passed


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drop(tmp_path: Path, clock: Clock) -> DropFolder:
    return DropFolder(tmp_path / "drop", now=clock.now, wall=clock.wall)


def written(path: Path, clock: Clock, content: bytes = b"x") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (clock.wall(), clock.wall()))
    return path


def names(drop: DropFolder) -> list[str]:
    return [file.name for file, _ in drop.ready()]


def never() -> bool:
    return False


def keys() -> list[str]:
    return [entry["Key"] for entry in boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]


def test_an_absent_folder_is_made(drop: DropFolder) -> None:
    assert drop.folder.is_dir()


def test_a_file_is_ready_when_it_no_longer_changes(drop: DropFolder, clock: Clock) -> None:
    for content in (b"x", b"xy", b"xyz"):
        written(drop.folder / "a.jpg", clock, content)
        assert names(drop) == []
        clock.passed += SETTLE_S / 2
    assert names(drop) == []
    clock.passed += SETTLE_S / 2
    assert names(drop) == ["a.jpg"]


def test_an_old_file_is_ready_at_once(drop: DropFolder, clock: Clock) -> None:
    file = written(drop.folder / "a.jpg", clock)
    os.utime(file, (TODAY - 60, TODAY - 60))
    assert names(drop) == ["a.jpg"]


def test_a_file_with_a_future_time_settles_too(drop: DropFolder, clock: Clock) -> None:
    file = written(drop.folder / "a.jpg", clock)
    os.utime(file, (TODAY + 9e6, TODAY + 9e6))
    assert names(drop) == []
    clock.passed += SETTLE_S
    assert names(drop) == ["a.jpg"]


def test_an_empty_file_is_waited_for(drop: DropFolder, clock: Clock) -> None:
    written(drop.folder / "a.jpg", clock, b"")
    for wait, expected in ((0.0, []), (SETTLE_S, []), (EMPTY_SETTLE_S, ["a.jpg"])):
        clock.passed += wait
        assert names(drop) == expected


@pytest.mark.parametrize(
    "name", [".hidden", "a.jpg.part", "b.CRDOWNLOAD", "c~", "~$d.jpg", "Thumbs.db", "x.tmp"]
)
def test_unfinished_files_and_clutter_are_ignored(name: str) -> None:
    assert is_ignored(name)


def test_only_plain_files_at_the_top_and_one_below_are_seen(
    drop: DropFolder, clock: Clock, tmp_path: Path
) -> None:
    for path in ("a.jpg", "anna/b.jpg", ".done/c.jpg", ".hidden/d.jpg"):
        written(drop.folder / path, clock)
    (drop.folder / "anna" / "deeper").mkdir()
    written(drop.folder / "anna" / "deeper" / "e.jpg", clock)
    written(tmp_path / "outside" / "f.jpg", clock)
    (drop.folder / "link.jpg").symlink_to(tmp_path / "outside" / "f.jpg")
    (drop.folder / "linked").symlink_to(tmp_path / "outside")
    names(drop)
    clock.passed += SETTLE_S
    assert sorted(names(drop)) == ["a.jpg", "b.jpg"]


def test_the_sub_folder_names_the_driver(tmp_path: Path) -> None:
    assert driver_of(tmp_path / "a.jpg", tmp_path) == "dropbox"
    assert driver_of(tmp_path / "anna" / "a.jpg", tmp_path) == "anna"
    assert driver_of(tmp_path / "an\udcffna" / "a.jpg", tmp_path) == "an\\xffna"


@mock_aws
def test_an_uploaded_file_is_moved_away(drop: DropFolder, clock: Clock) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    written(drop.folder / "anna" / "a.JPG", clock, b"content")
    assert drop.upload_ready(s3, BUCKET, should_stop=never) == 0
    clock.passed += SETTLE_S
    assert drop.upload_ready(s3, BUCKET, should_stop=never) == 1
    [key] = keys()
    assert key.startswith("intake/anna/")
    [moved] = (drop.folder / ".done" / "anna").iterdir()
    assert moved.read_bytes() == b"content"
    assert moved.name == f"{key.rpartition('/')[2].removesuffix('.jpg')}.a.JPG"
    clock.passed += SETTLE_S
    assert drop.upload_ready(s3, BUCKET, should_stop=never) == 0
    assert not list(candidates(drop.folder))


@mock_aws
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")
def test_a_file_that_is_open_for_writing_waits_for_its_end(drop: DropFolder, clock: Clock) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    file = drop.folder / "slow.jpg"
    with file.open("wb") as slow:
        slow.write(b"half")
        slow.flush()
        for _ in range(4):
            clock.passed += EMPTY_SETTLE_S
            assert drop.upload_ready(s3, BUCKET, should_stop=never) == 0
        slow.write(b" and half")
    names(drop)
    clock.passed += EMPTY_SETTLE_S
    assert drop.upload_ready(s3, BUCKET, should_stop=never) == 1
    (key,) = keys()
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"half and half"


@mock_aws
def test_a_file_that_changes_after_its_upload_is_uploaded_again(
    drop: DropFolder, clock: Clock
) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    written(drop.folder / "anna" / "a.jpg", clock, b"half")
    names(drop)
    clock.passed += SETTLE_S
    assert drop.upload_ready(s3, BUCKET, should_stop=never) == 1
    [moved] = (drop.folder / ".done" / "anna").iterdir()
    written(moved, clock, b"half and half")
    for _ in range(3):
        drop.upload_ready(s3, BUCKET, should_stop=never)
        clock.passed += SETTLE_S
    contents = {s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys()}
    assert contents == {b"half", b"half and half"}
    assert all(key.startswith("intake/anna/") for key in keys())
    clock.passed += WATCHED_S
    assert drop.upload_ready(s3, BUCKET, should_stop=never) == 0
    written(moved, clock, b"edited much later")
    for _ in range(3):
        assert drop.upload_ready(s3, BUCKET, should_stop=never) == 0
        clock.passed += SETTLE_S


@mock_aws
def test_a_file_that_cannot_be_moved_is_uploaded_once(drop: DropFolder, clock: Clock) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    file = written(drop.folder / "a.jpg", clock)
    (drop.folder / ".done").write_text("in the way")
    names(drop)
    clock.passed += SETTLE_S
    assert drop.upload_ready(s3, BUCKET, should_stop=never) == 1
    file.rename(drop.folder / "b.jpg")
    for _ in range(3):
        clock.passed += SETTLE_S
        assert drop.upload_ready(s3, BUCKET, should_stop=never) == 0
    assert len(keys()) == 1


def test_a_failed_upload_is_tried_again_later(drop: DropFolder, clock: Clock) -> None:
    written(drop.folder / "a.jpg", clock)
    names(drop)
    clock.passed += SETTLE_S
    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_client_error("put_object", "InternalError")
        assert drop.upload_ready(s3, BUCKET, should_stop=never) == 0
        stub.add_response("put_object", {"ETag": '"e"'})
        assert drop.upload_ready(s3, BUCKET, should_stop=never) == 0
        clock.passed += SETTLE_S
        assert drop.upload_ready(s3, BUCKET, should_stop=never) == 1


def test_a_stop_ends_the_round_before_the_next_file(drop: DropFolder, clock: Clock) -> None:
    written(drop.folder / "a.jpg", clock)
    names(drop)
    clock.passed += SETTLE_S
    assert drop.upload_ready(boto3.client("s3"), BUCKET, should_stop=lambda: True) == 0


def test_a_removed_folder_holds_no_files(drop: DropFolder) -> None:
    drop.folder.rmdir()
    assert names(drop) == []
