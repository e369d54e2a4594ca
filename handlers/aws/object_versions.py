"""The object versions of the intake bucket, a page at a time: the whole listing has no bound."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handlers.domain.ledger.identity import INTAKE_PREFIX
from handlers.domain.ledger.object_versions import ObjectVersion

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PageMark = dict[str, str]  # where the listing goes on; empty at its start


def pages(
    s3: "S3Client", *, bucket: str, after: PageMark | None = None
) -> Iterator[tuple[list[ObjectVersion], PageMark]]:
    """Versions by key and where to go on; an empty mark says that the listing is through."""
    mark = dict(after or {})
    while True:
        # Any: either marker may be absent, and S3 refuses empty ones.
        markers: dict[str, Any] = {
            name: mark[field]
            for name, field in (("KeyMarker", "key"), ("VersionIdMarker", "version"))
            if mark.get(field)
        }
        page = s3.list_object_versions(Bucket=bucket, Prefix=INTAKE_PREFIX, **markers)
        versions = [
            ObjectVersion(
                bucket=bucket,
                key=each["Key"],
                version_id="" if each["VersionId"] == "null" else each["VersionId"],
                etag=each["ETag"].strip('"'),
                uploaded_at=each["LastModified"].isoformat(),
                size_bytes=each["Size"],
            )
            for each in page.get("Versions", [])
            if not each["Key"].endswith("/")
        ]
        more = page.get("IsTruncated", False)
        mark = {
            "key": page.get("NextKeyMarker", ""),
            "version": page.get("NextVersionIdMarker", ""),
        }
        yield versions, (mark if more else {})
        if not more:
            return
