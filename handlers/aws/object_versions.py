"""Lists the object versions of the intake bucket by pages, because the listing has no bound."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handlers.domain.ledger.identity import INTAKE_PREFIX, ObjectVersion

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PageMark = dict[str, str]  # where a listing continues; empty at its start and at its end


def pages(
    s3: "S3Client", *, bucket: str, prefix: str = INTAKE_PREFIX, after: PageMark | None = None
) -> Iterator[tuple[list[ObjectVersion], PageMark]]:
    """Yield pages of versions, sorted by key, each with the mark from which the listing continues.

    The mark of the last page is empty. Keys that end in `/` are left out.
    """
    mark = dict(after or {})
    while True:
        # Any: either marker may be absent, and S3 refuses empty ones.
        markers: dict[str, Any] = {
            name: mark[field]
            for name, field in (("KeyMarker", "key"), ("VersionIdMarker", "version"))
            if mark.get(field)
        }
        page = s3.list_object_versions(Bucket=bucket, Prefix=prefix, **markers)
        versions = [
            ObjectVersion(
                bucket=bucket,
                key=version["Key"],
                version_id="" if version["VersionId"] == "null" else version["VersionId"],
                etag=version["ETag"].strip('"'),
                uploaded_at=version["LastModified"].isoformat(),
                size_bytes=version["Size"],
            )
            for version in page.get("Versions", [])
            if not version["Key"].endswith("/")
        ]
        more = page.get("IsTruncated", False)
        mark = {
            "key": page.get("NextKeyMarker", ""),
            "version": page.get("NextVersionIdMarker", ""),
        }
        yield versions, (mark if more else {})
        if not more:
            return
