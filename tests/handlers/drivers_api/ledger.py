"""Rows of the ledger, as the workflow writes them."""

import hashlib
from typing import Any

import boto3

from handlers.aws.dynamodb import item_of


def a_row(
    *,
    driver: str,
    upload: str,
    status: str = "assigned",
    uploaded_at: str = "2026-11-22T12:00:00Z",
    **more: Any,
) -> dict[str, Any]:
    """Return the row of a claimed photo in this status."""
    key = f"intake/{driver}/{upload}.jpg"
    return {
        "photo_id": hashlib.sha256(f"{key}{uploaded_at}".encode()).hexdigest(),
        "bucket": "intake-bucket",
        "key": key,
        "etag": "e",
        "version_id": "v",
        "size_bytes": 1,
        "status": status,
        "attempt": 1,
        "execution_arn": "arn:run",
        "uploaded_at": uploaded_at,
        "received_at": uploaded_at,
        "claimed_at": uploaded_at,
        "updated_at": uploaded_at,
        "review": "open" if status == "in_review" else "none",
        "decision_seq": 0,
        "driver_id": driver,
        "upload_id": upload,
        **(_ASSIGNED if status == "assigned" else {}),
        **more,
    }


def put_photo(**row: Any) -> str:
    """Write a row and return its photo id."""
    item = a_row(**row)
    boto3.client("dynamodb").put_item(TableName="photos", Item=item_of(item))
    photo_id: str = item["photo_id"]
    return photo_id


_ASSIGNED = {
    "vehicle": "bicycle",
    "order_range": "nearby",
    "valid_until": "2026-11-23T04:00:00Z",
    "decided_by": "model",
}


def put_assignment(photo_id: str, **changed: Any) -> None:
    """Write the assignment by an assigned photo; None removes an attribute."""
    row = row_of(photo_id)
    names = ("driver_id", "vehicle", "order_range", "valid_until", "decided_by", "photo_id")
    order = f"{row['uploaded_at']}#{photo_id}"
    item = {**{name: row[name] for name in names}, "photo_order": order, **changed}
    item = {name: value for name, value in item.items() if value is not None}
    boto3.client("dynamodb").put_item(TableName="assignments", Item=item_of(item))


def row_of(photo_id: str) -> Any:
    """Return the row as it is stored."""
    return boto3.resource("dynamodb").Table("photos").get_item(Key={"photo_id": photo_id})["Item"]
