"""Finds the Data Capture record of a photo.

A capture file is named after the time of its first invocation, and closed soon after: a few files
around the photo's time are looked through, never the bucket.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from handlers.domain.ledger.schema import PhotoAttribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3 import S3Client

    from infra.local.status_page.stack_names import PagePlaces

_OPEN_FOR = timedelta(seconds=30)  # a file holds invocations of so long, here about a second
_FILES_AT_MOST = 40
_MAX_BYTES = 8_000_000  # of a file; it is closed at a megabyte


def find_capture(
    s3: S3Client, places: PagePlaces, item: Mapping[str, Any]
) -> dict[str, Any] | None:  # Any: JSON
    """The record, with the picture left out; None where it is not written (yet)."""
    if "classification" not in item:
        return None  # never got to the endpoint, or got no answer that anybody trusts
    needle = item[PhotoAttribute.PHOTO_ID].encode()
    for key in _keys(s3, places, item):
        found = s3.get_object(Bucket=places.capture_bucket, Key=key)
        with found["Body"] as body:
            data = body.read() if found["ContentLength"] <= _MAX_BYTES else b""
        for line in data.splitlines():
            if needle in line:
                record = json.loads(line)
                if record["eventMetadata"].get("inferenceId") == item[PhotoAttribute.PHOTO_ID]:
                    return {"file": f"s3://{places.capture_bucket}/{key}", **_brief(record)}
    return None


def _keys(s3: S3Client, places: PagePlaces, item: Mapping[str, Any]) -> Iterator[str]:
    first = datetime.fromisoformat(item[PhotoAttribute.CLAIMED_AT]) - _OPEN_FOR
    last = datetime.fromisoformat(item[PhotoAttribute.UPDATED_AT]) + timedelta(seconds=1)
    # Keys sort by time, so that one listing from the first to the last covers any hours between.
    found = s3.list_objects_v2(
        Bucket=places.capture_bucket,
        Prefix=f"{places.capture_prefix}/",
        StartAfter=f"{places.capture_prefix}/{first:%Y/%m/%d/%H/%M-%S}",
        MaxKeys=_FILES_AT_MOST,
    )
    end = f"{places.capture_prefix}/{last:%Y/%m/%d/%H/%M-%S}~"
    for entry in found.get("Contents", []):
        if entry["Key"] <= end:
            yield entry["Key"]


def _brief(record: dict[str, Any]) -> dict[str, Any]:
    """The input is the wire image in base64: its size says enough."""
    for payload in record.get("captureData", {}).values():
        data = payload.get("data", "")
        if payload.get("encoding") == "BASE64":
            payload["data"] = f"({len(data) * 3 // 4:,} bytes)"
    return record
