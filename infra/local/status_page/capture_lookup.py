"""Finds the Data Capture record of a photo.

A capture file is named after the time of its first invocation and closed soon after. So only a few
files around the photo's time are searched, never the whole bucket.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from handlers.domain.json_text import parse_json
from handlers.domain.ledger.schema import PhotoAttribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3 import S3Client

    from infra.local.status_page.stack_names import StackNames

_OPEN_FOR = timedelta(seconds=30)  # the longest time that a file is open; here about a second
_MAX_FILES = 40
_MAX_BYTES = 8_000_000  # of a file; it is closed at a megabyte


def find_capture(
    s3: S3Client, names: StackNames, item: Mapping[str, Any]
) -> dict[str, Any] | None:  # Any: JSON
    """Return the capture record of a ledger row, without the picture.

    None if the photo was not classified, or its record is not written (yet).
    """
    if "classification" not in item:
        return None  # it did not reach the endpoint, or the response was not usable
    photo_id = item[PhotoAttribute.PHOTO_ID].encode()
    for key in _keys(s3, names, item):
        response = s3.get_object(Bucket=names.capture_bucket, Key=key)
        with response["Body"] as body:
            data = body.read() if response["ContentLength"] <= _MAX_BYTES else b""
        for line in data.splitlines():
            record = _brief_record(line, item) if photo_id in line else None
            if record is not None:
                return {"file": f"s3://{names.capture_bucket}/{key}", **record}
    return None


def _keys(s3: S3Client, names: StackNames, item: Mapping[str, Any]) -> Iterator[str]:
    first = datetime.fromisoformat(item[PhotoAttribute.CLAIMED_AT]) - _OPEN_FOR
    last = datetime.fromisoformat(item[PhotoAttribute.UPDATED_AT]) + timedelta(seconds=1)
    # Keys sort by time, so that one listing from the first to the last covers any hours between.
    listing = s3.list_objects_v2(
        Bucket=names.capture_bucket,
        Prefix=f"{names.capture_prefix}/",
        StartAfter=f"{names.capture_prefix}/{first:%Y/%m/%d/%H/%M-%S}",
        MaxKeys=_MAX_FILES,
    )
    end = f"{names.capture_prefix}/{last:%Y/%m/%d/%H/%M-%S}~"
    for entry in listing.get("Contents", []):
        if entry["Key"] <= end:
            yield entry["Key"]


def _brief_record(line: bytes, item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the line's record with the size of each base64 text, the wire image, in its place.

    None if it is not the photo's record, or malformed.
    """
    try:
        record: dict[str, Any] = parse_json(line)
        if record["eventMetadata"].get("inferenceId") != item[PhotoAttribute.PHOTO_ID]:
            return None
        for payload in record.get("captureData", {}).values():
            if payload.get("encoding") == "BASE64":
                payload["data"] = f"({len(payload.get('data', '')) * 3 // 4:,} bytes)"
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return record
