"""A backfill starts what has no row, once, and lets live and parked photos go first."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from handlers.aws.dynamodb import item_of
from handlers.domain.ledger.identity import photo_id
from handlers.domain.ledger.schema import PARKED
from infra.operations.backfill import Backfill, Progress
from infra.operations.errors import BackfillRefused
from infra.operations.target import Target
from tests.infra.cli.deployed_stage import DeployedStage, deployed_stage

BUCKET = "intake"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedStage]:
    with deployed_stage(monkeypatch) as deployed:
        yield deployed


class Uploads:
    """Photos in the bucket, and what became of the executions that were started for them."""

    def __init__(self, stage: DeployedStage) -> None:
        self.stage = stage
        self.target = Target(session=boto3.Session(), outputs=stage.outputs, stage="prod")
        self.pauses: list[float] = []
        self.claimed: set[str] = set()

    def put(self, name: str) -> dict[str, str]:
        key = f"intake/anna/{name}"
        stored = self.stage.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")
        version, etag = stored["VersionId"], stored["ETag"].strip('"')
        return {
            "key": key,
            "version": version,
            "photo_id": photo_id(bucket=BUCKET, key=key, version_id=version, etag=etag),
        }

    def started(self) -> list[str]:
        """Ids of the photos, in the order of their starts."""
        client = self.stage.client("stepfunctions")
        arn = self.stage.outputs["StateMachineArn"]
        executions = client.list_executions(stateMachineArn=arn)["executions"]
        inputs = [
            json.loads(client.describe_execution(executionArn=execution["executionArn"])["input"])
            for execution in sorted(executions, key=lambda execution: execution["startDate"])
        ]
        return [_photo_id(event["detail"]) for event in inputs]

    def backfill(self, source: str = "intake/", **options: Any) -> Backfill:
        return Backfill(self.target, source, pause=self.pause, **options)

    def pause(self, seconds: float) -> None:
        """Let time pass: executions claim their photos and end."""
        self.pauses.append(seconds)
        for photo in set(self.started()) - self.claimed:
            self.stage.photo(photo)
            self.claimed.add(photo)


def _photo_id(detail: dict[str, Any]) -> str:
    stored = detail["object"]
    return photo_id(
        bucket=detail["bucket"]["name"],
        key=stored["key"],
        version_id=stored["version-id"],
        etag=stored["etag"],
    )


@pytest.fixture
def uploads(stage: DeployedStage) -> Uploads:
    return Uploads(stage)


def zipped(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def checksum(text: str) -> str:
    return hashlib.md5(zipped(text), usedforsecurity=False).hexdigest()


def last(work: Backfill) -> Progress:
    return [*work.run()][-1]


def test_photos_without_a_row_are_started_and_a_second_run_starts_nothing(
    uploads: Uploads,
) -> None:
    photos = [uploads.put(f"{number}.jpg")["photo_id"] for number in range(5)]
    uploads.stage.photo(photos[2])
    estimate = uploads.backfill().estimate()
    assert (estimate.to_start, estimate.already, estimate.at_least_s) == (4, 1, 0.8)
    assert uploads.started() == []
    progress = last(uploads.backfill())
    assert (progress.started, progress.already) == (4, 1)
    assert sorted(uploads.started()) == sorted({*photos} - {photos[2]})
    assert last(uploads.backfill()).started == 0


def test_an_interrupted_run_is_continued_by_the_next(uploads: Uploads) -> None:
    photos = {uploads.put(f"{number}.jpg")["photo_id"] for number in range(4)}
    work = uploads.backfill().run()
    while next(work).started < 2:
        pass
    uploads.pause(0)
    assert last(uploads.backfill()).started == 2
    assert sorted(uploads.started()) == sorted(photos)


@pytest.mark.parametrize("pending", ["received", PARKED])
def test_live_and_parked_photos_go_first(uploads: Uploads, pending: str) -> None:
    uploads.put("late.jpg")
    uploads.stage.photo("a" * 64, status="received", pending=pending)
    work = uploads.backfill(at_once=1).run()
    waits = [next(work) for _ in range(3)]
    assert all(progress.waits_for for progress in waits)
    assert uploads.started() == []
    uploads.stage.client("dynamodb").delete_item(
        TableName="photos", Key=item_of({"photo_id": "a" * 64})
    )
    assert [*work][-1].started == 1


def test_no_more_than_the_bound_is_started_before_photos_are_claimed(uploads: Uploads) -> None:
    for number in range(5):
        uploads.put(f"{number}.jpg")
    work = Backfill(uploads.target, "intake/", at_once=2, pause=uploads.pauses.append).run()
    for _ in range(8):
        progress = next(work)
    assert (progress.started, bool(progress.waits_for)) == (2, True)


def test_lists_of_an_inventory_and_of_batch_operations_are_read(
    uploads: Uploads, tmp_path: Path
) -> None:
    first, second = uploads.put("a b+ü.jpg"), uploads.put("c.jpg")
    quoted = "intake/anna/a+b%2B%C3%BC.jpg"
    plain = tmp_path / "photos.csv"
    plain.write_text(f"{BUCKET},{quoted},{first['version']}\n{BUCKET},intake/anna/lost.jpg\n")
    estimate = uploads.backfill(str(plain)).estimate()
    assert (estimate.to_start, estimate.gone) == (1, 1)
    rows = (
        f'"{BUCKET}","{quoted}","{first["version"]}","true","false"\n'
        f'"{BUCKET}","intake/anna/c.jpg","{second["version"]}","true","false"\n'
        f'"{BUCKET}","intake/anna/c.jpg","gone","true","true"\n'
    )
    s3 = uploads.stage.client("s3")
    s3.create_bucket(Bucket="inventories")
    s3.put_object(Bucket="inventories", Key="data/1.csv.gz", Body=zipped(rows))
    manifest = {
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker",
        "destinationBucket": "arn:aws:s3:::inventories",
        "files": [{"key": "data/1.csv.gz", "MD5checksum": checksum(rows)}],
    }
    s3.put_object(Bucket="inventories", Key="manifest.json", Body=json.dumps(manifest))
    assert last(uploads.backfill("s3://inventories/manifest.json")).started == 2
    assert sorted(uploads.started()) == sorted([first["photo_id"], second["photo_id"]])


@pytest.mark.parametrize(
    ("source", "content", "sentence"),
    [
        ("s3://elsewhere/photos/", None, "aws s3 cp --recursive"),
        ("captures/", None, "aws s3 cp --recursive"),
        ("list.csv", "elsewhere,intake/anna/a.jpg", "line 1: s3://elsewhere/intake/anna/a.jpg is"),
        ("list.csv", "intake\n", "line 1: a row has bucket, key"),
        ("list.csv", "intake,intake/anna/%FF.jpg\n", "line 1: the key is not URL-encoded UTF-8"),
        ("list.csv", 'intake,"intake/anna/a.jpg\n', "line 1: unexpected end of data"),
        ("list.csv", "intake,captures/a.jpg", "aws s3 cp --recursive"),
        ("list.csv", None, "cannot be read"),
        ("manifest.json", "{}", "not the manifest"),
        ("manifest.json", "[", "not the manifest"),
        ("manifest.json", '{"fileFormat": "ORC"}', "another format"),
    ],
)
def test_other_sources_are_refused_with_a_sentence(
    uploads: Uploads, tmp_path: Path, source: str, content: str | None, sentence: str
) -> None:
    if source.endswith((".csv", ".json")):
        source = str(tmp_path / source)
    if content is not None:
        Path(source).write_text(content, encoding="utf-8")
    with pytest.raises(BackfillRefused, match=sentence):
        uploads.backfill(source).estimate()


GOOD = "intake,intake/anna/a.jpg\n"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "list.csv",
            f"{GOOD}intake,intake/anna/ü.jpg\n".encode("latin-1"),
            "line 2, is not in UTF",
        ),
        ("list.csv.gz", b"intake,intake/anna/a.jpg\n", "not a whole gzip file"),
        ("list.csv.gz", zipped(GOOD)[:-9], "not a whole gzip file"),
        ("list.csv.gz", zipped(GOOD)[:12] + b"xxxx" + zipped(GOOD)[16:], "not a whole gzip file"),
    ],
)
def test_a_damaged_list_is_refused_with_file_and_line(
    uploads: Uploads, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BackfillRefused, match=sentence):
        uploads.backfill(str(tmp_path / name)).estimate()


def test_blank_lines_and_a_byte_order_mark_are_no_photos(uploads: Uploads, tmp_path: Path) -> None:
    uploads.put("a.jpg")
    file = tmp_path / "list.csv"
    file.write_text(f"\n{GOOD}\n\n", encoding="utf-8-sig")
    estimate = uploads.backfill(str(file)).estimate()
    assert (estimate.to_start, estimate.gone) == (1, 0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"files": [{"key": "1.csv.gz", "MD5checksum": "0" * 32}]}, "its checksum differs"),
        ({"fileSchema": "Bucket, VersionId"}, "no column Bucket or no column Key"),
        ({"files": [{"key": "1.csv.gz"}]}, "not the manifest"),
    ],
)
def test_an_inventory_that_is_not_as_its_manifest_says_is_refused(
    uploads: Uploads, changes: dict[str, Any], sentence: str
) -> None:
    s3 = uploads.stage.client("s3")
    s3.create_bucket(Bucket="inventories")
    s3.put_object(Bucket="inventories", Key="1.csv.gz", Body=zipped(GOOD))
    manifest = {
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key",
        "destinationBucket": "arn:aws:s3:::inventories",
        "files": [{"key": "1.csv.gz", "MD5checksum": checksum(GOOD)}],
    }
    s3.put_object(Bucket="inventories", Key="manifest.json", Body=json.dumps(manifest | changes))
    with pytest.raises(BackfillRefused, match=sentence):
        uploads.backfill("s3://inventories/manifest.json").estimate()


def test_a_photo_that_the_credentials_may_not_read_is_not_taken_for_a_lost_one(
    uploads: Uploads, tmp_path: Path
) -> None:
    """S3 answers 403 for a missing object, too, where ListBucket is not allowed."""
    file = tmp_path / "list.csv"
    file.write_text(GOOD, encoding="utf-8")
    work = uploads.backfill(str(file))
    stubber = Stubber(work._source._s3)
    stubber.add_client_error("head_object", "403", http_status_code=403)
    with stubber, pytest.raises(BackfillRefused, match=r"needs s3:GetObject .* s3:ListBucket"):
        work.estimate()
