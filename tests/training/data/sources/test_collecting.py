"""Collecting verdicts and photos, from a folder or a bucket, as labelled photos."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from tests.training.data.sources.test_verdicts import Line, a_line
from training.__main__ import app
from training.data.sources.collecting import Collected, collect
from training.data.sources.files import UnusableData
from training.data.sources.verdict_places import FolderPhotos, S3Photos, lines_in_bucket, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

CLASSES = ("bicycle", "motorcycle", "other")
BUCKET = "photos"


def placed(photo_id: str, label: str, seq: int = 1, *, key: str, version: str = "") -> Line:
    place = {"bucket": BUCKET, "key": key, "version_id": version}
    return a_line(photo_id, label, seq, photo=place)


def gather(lines: list[Line], photos: FolderPhotos | S3Photos, out: Path) -> Collected:
    texts = [json.dumps(line) for line in lines]
    return collect(texts, photos, out, classes=CLASSES, negatives="other")


def written(out: Path) -> list[str]:
    collected = (out / "verdicts").rglob("*")
    return sorted(
        path.relative_to(out / "verdicts").as_posix() for path in collected if path.is_file()
    )


@pytest.fixture
def photos(tmp_path: Path) -> FolderPhotos:
    folder = tmp_path / "photos"
    (folder / "intake/ada").mkdir(parents=True)
    (folder / "intake/ada/u1.JPG").write_bytes(b"first")
    (folder / "p2.png").write_bytes(b"second")
    (folder / "p3").write_bytes(b"first")
    return FolderPhotos(folder)


def test_photos_go_into_the_folder_of_their_verdict(photos: FolderPhotos, tmp_path: Path) -> None:
    lines = [placed("p1", "bicycle", key="intake/ada/u1.JPG"), a_line("p2", "neither")]
    collected = gather(lines, photos, tmp_path / "out")
    assert written(tmp_path / "out") == ["bicycle/p1.jpg", "other/p2"]
    assert collected.written == {"bicycle": 1, "other": 1}
    assert (tmp_path / "out/verdicts/bicycle/p1.jpg").read_bytes() == b"first"


def test_undone_verdict_is_removed_from_the_folder(photos: FolderPhotos, tmp_path: Path) -> None:
    lines = [placed("p1", "bicycle", key="intake/ada/u1.JPG"), a_line("p2", "bicycle")]
    gather(lines, photos, tmp_path / "out")
    gather([*lines, a_line("p2", "", 2, kind="undo", retracted=True)], photos, tmp_path / "out")
    assert written(tmp_path / "out") == ["bicycle/p1.jpg"]


def test_same_bytes_with_two_labels_are_reported_and_left_out(
    photos: FolderPhotos, tmp_path: Path
) -> None:
    lines = [placed("p1", "bicycle", key="intake/ada/u1.JPG"), a_line("p3", "motorcycle")]
    collected = gather([*lines, a_line("p2", "bicycle")], photos, tmp_path / "out")
    assert written(tmp_path / "out") == ["bicycle/p2"]
    assert [contradiction.photo_ids for contradiction in collected.contradictions] == [("p1", "p3")]
    report = json.loads((tmp_path / "out/verdicts.json").read_text(encoding="utf-8"))
    assert report["contradictions"][0]["labels"] == ["bicycle", "motorcycle"]


def test_photos_that_cannot_be_used_are_listed(photos: FolderPhotos, tmp_path: Path) -> None:
    lines = [a_line("p2", "tram"), a_line("p9", "bicycle"), a_line("p3", "unusable")]
    collected = gather(lines, photos, tmp_path / "out")
    assert (collected.unknown, collected.gone, collected.unusable) == (
        {"p2": "tram"},
        ("p9",),
        ("p3",),
    )
    assert collected.written == {}


def test_key_cannot_lead_out_of_the_folder(photos: FolderPhotos, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    collected = gather([placed("p8", "bicycle", key="../secret")], photos, tmp_path / "out")
    assert collected.gone == ("p8",)


def test_folder_without_verdicts_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="jsonl"):
        list(lines_of(tmp_path))


@pytest.fixture
def s3() -> "Iterator[S3Client]":
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


def test_the_reviewed_version_of_the_object_is_read(s3: "S3Client", tmp_path: Path) -> None:
    first = s3.put_object(Bucket=BUCKET, Key="intake/ada/u1.jpg", Body=b"reviewed")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="intake/ada/u1.jpg", Body=b"overwritten")
    s3.delete_object(Bucket=BUCKET, Key="intake/ada/u1.jpg")
    line = placed("p1", "bicycle", key="intake/ada/u1.jpg", version=first)
    gather([line], S3Photos(s3), tmp_path)
    assert (tmp_path / "verdicts/bicycle/p1.jpg").read_bytes() == b"reviewed"


def test_deleted_photo_is_listed_and_the_others_are_written(s3: "S3Client", tmp_path: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="intake/ada/u2.jpg", Body=b"there")
    lines = [
        placed("p1", "bicycle", key="intake/ada/u1.jpg"),
        placed("p2", "bicycle", key="intake/ada/u2.jpg"),
    ]
    collected = gather(lines, S3Photos(s3), tmp_path)
    assert (collected.gone, collected.written) == (("p1",), {"bicycle": 1})


def test_unreadable_bucket_is_an_error_and_not_a_missing_photo(
    s3: "S3Client", tmp_path: Path
) -> None:
    line = placed("p1", "bicycle", key="intake/ada/u1.jpg")
    s3.delete_bucket(Bucket=BUCKET)
    with pytest.raises(UnusableData, match=BUCKET):
        gather([line], S3Photos(s3), tmp_path)


def test_verdicts_are_read_from_their_bucket(s3: "S3Client") -> None:
    for number in range(3):
        body = json.dumps(a_line(f"p{number}", "bicycle")).encode()
        s3.put_object(Bucket=BUCKET, Key=f"labels/2026/11/22/10/p{number}-1.jsonl", Body=body)
    assert len(list(lines_in_bucket(s3, BUCKET))) == 3


def test_command_lists_contradictions_and_writes_the_rest(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/p1.jpg").write_bytes(b"first")
    lines = [
        a_line("p1", "bicycle"),
        a_line("p2", "bicycle"),
        a_line("p2", "motorcycle", 2, kind="opinion", decided_by="bob"),
    ]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, lines)))
    words = ["--labels", str(tmp_path / "labels.jsonl"), "--photos", str(tmp_path / "photos")]
    result = CliRunner().invoke(app, ["verdicts", "--out", str(tmp_path / "out"), *words])
    assert result.exit_code == 0, result.output
    assert "1 contradictions" in result.output
    assert "p2: bicycle or motorcycle (another opinion)" in result.output
    assert written(tmp_path / "out") == ["bicycle/p1"]


def test_command_names_a_folder_without_verdicts(tmp_path: Path) -> None:
    words = ["verdicts", "--labels", str(tmp_path), "--photos", str(tmp_path)]
    result = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "no verdicts under" in result.output
