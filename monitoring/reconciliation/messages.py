"""S3's event for a photo, composed again from the ledger or the bucket.

The input of an old execution is not an option: Express executions keep none.
"""

from datetime import UTC, datetime
from typing import Any

from handlers.domain.ledger.rows import LedgerRow
from monitoring.reconciliation.inventory import ObjectVersion

Json = dict[str, Any]  # messages are JSON


def event_of_upload(upload: ObjectVersion) -> Json:
    """Return the event that S3 should have sent when the object was written."""
    return _event(
        bucket=upload.bucket,
        key=upload.key,
        version_id=upload.version_id,
        etag=upload.etag,
        size_bytes=upload.size_bytes,
        uploaded_at=_whole_seconds(upload.uploaded_at),
    )


def event_of_row(row: LedgerRow, *, attempt: int, probe: bool = False) -> Json:
    """Return the photo's first event, with the number of the attempt that takes it over.

    Only a probe's event says that it is one.
    """
    event = _event(
        bucket=row.bucket,
        key=row.key,
        version_id=row.version_id,
        etag=row.etag,
        size_bytes=row.size_bytes,
        uploaded_at=row.uploaded_at,
    )
    return event | {"attempt": attempt} | ({"probe": True} if probe else {})


def _event(
    *, bucket: str, key: str, version_id: str, etag: str, size_bytes: int, uploaded_at: str
) -> Json:
    stored: Json = {"key": key, "size": size_bytes, "etag": etag}
    if version_id:
        stored["version-id"] = version_id
    return {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": uploaded_at,
        "detail": {"version": "0", "bucket": {"name": bucket}, "object": stored},
    }


def _whole_seconds(moment: str) -> str:
    """Format a time as S3's events do: a driver's photos are ordered by this text."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
