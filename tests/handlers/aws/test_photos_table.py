"""The photos table's reads: pages and batches are followed to their end."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from handlers.aws import photos_table
from handlers.aws.dynamodb import item_of
from handlers.aws.photos_table import LedgerBusy, PhotosTable
from infra.operations.outcomes import final_outcomes
from infra.operations.target import Target
from infra.operations.upload import SubmittedUpload
from tests.tables import create_photos_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "photos"
UNPROCESSED = {TABLE: {"Keys": [item_of({"photo_id": "b"})]}}


@pytest.fixture
def dynamodb(aws: None, monkeypatch: pytest.MonkeyPatch) -> "DynamoDBClient":
    del aws
    monkeypatch.setattr(photos_table, "_PAUSES_S", (0.0,) * 3)
    return boto3.client("dynamodb")


@pytest.fixture
def stubbed(dynamodb: "DynamoDBClient") -> Iterator[Stubber]:
    with Stubber(dynamodb) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def batch_response(*photo_ids: str, unprocessed: Any = None) -> dict[str, Any]:
    rows = [item_of({"photo_id": photo_id}) for photo_id in photo_ids]
    return {"Responses": {TABLE: rows}, "UnprocessedKeys": unprocessed or {}}


def test_unprocessed_keys_are_requested_again(dynamodb: "DynamoDBClient", stubbed: Stubber) -> None:
    stubbed.add_response("batch_get_item", batch_response("a", unprocessed=UNPROCESSED))
    stubbed.add_response("batch_get_item", batch_response("b"), {"RequestItems": UNPROCESSED})
    assert PhotosTable(dynamodb, table=TABLE).known(["a", "b"]) == {"a", "b"}


def test_keys_that_stay_unprocessed_raise_ledger_busy(
    dynamodb: "DynamoDBClient", stubbed: Stubber
) -> None:
    for _ in range(3):
        stubbed.add_response("batch_get_item", batch_response(unprocessed=UNPROCESSED))
    with pytest.raises(LedgerBusy):
        PhotosTable(dynamodb, table=TABLE).known(["b"])


def test_a_poll_of_a_busy_table_keeps_the_rows_that_were_read(
    dynamodb: "DynamoDBClient", stubbed: Stubber
) -> None:
    row = {
        **dict.fromkeys(("bucket", "key", "etag", "execution_arn"), "x"),
        **dict.fromkeys(("uploaded_at", "claimed_at", "updated_at"), "2026-11-22T18:00:01Z"),
        "photo_id": "a",
        "status": "rejected",
        "attempt": 1,
        "review": "none",
    }
    stubbed.add_response(
        "batch_get_item",
        {"Responses": {TABLE: [item_of(row)]}, "UnprocessedKeys": UNPROCESSED},
    )
    for _ in range(2):
        stubbed.add_response("batch_get_item", batch_response(unprocessed=UNPROCESSED))
    session: Any = type("Session", (), {"client": lambda _self, _name: dynamodb})()
    uploads = {name: an_upload(name) for name in ("a", "b")}
    target = Target(session=session, outputs={"PhotosTable": TABLE}, stage="test")
    (outcome,) = final_outcomes(target, uploads)
    assert (outcome.upload.photo_id, outcome.outcome) == ("a", "rejected")


def test_a_query_ends_at_its_limit_and_continues_from_there(dynamodb: "DynamoDBClient") -> None:
    create_photos_table(TABLE)
    for number in range(5):
        times = {"received_at": f"2026-11-22T18:00:0{number}Z", "received_hour": "2026-11-22T18"}
        item = {"photo_id": str(number), "review": "open", **times}
        dynamodb.put_item(TableName=TABLE, Item=item_of(item))
    photos = PhotosTable(dynamodb, table=TABLE)
    first, after = photos.open_reviews(received_before="2026-11-23", limit=3)
    rest, end = photos.open_reviews(received_before="2026-11-23", limit=3, after=after)
    assert [row["photo_id"] for row in (*first, *rest)] == ["0", "1", "2", "3", "4"]
    assert end is None
    since = photos.received_in("2026-11-22T18", since="2026-11-22T18:00:03Z")
    assert [row["photo_id"] for row in since] == ["3", "4"]


def an_upload(photo_id: str) -> SubmittedUpload:
    return SubmittedUpload(
        path=Path(f"{photo_id}.jpg"),
        photo_id=photo_id,
        key=f"intake/{photo_id}.jpg",
        uploaded_at=datetime(2026, 11, 22, 18, tzinfo=UTC),
    )
