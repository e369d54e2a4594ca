"""Erases objects: photos and labels as a whole, captures and reports record by record."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlers.domain.ledger.identity import photo_id
from handlers.domain.ledger.labels import PREFIX as LABELS_PREFIX
from handlers.domain.ledger.refused_photos import refusal_key
from infra.operations.erasure.edits import captures_without, mentions, report_file_without
from monitoring.reconciliation.bucket_walk import CHECKPOINT_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.operations.erasure.traces import Traces
    from infra.operations.target import Target

_REPORTS_PREFIX = "reports/"
_BATCH = 1000  # the limit of DeleteObjects
_CHUNK = 1 << 20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """A version of an object, or a delete marker, which has no content."""

    key: str
    version_id: str
    etag: str
    is_marker: bool

    def photo_id(self, bucket: str) -> str:
        """The id of the photo that this version is."""
        return photo_id(
            bucket=bucket,
            key=self.key,
            version_id=None if self.version_id == "null" else self.version_id,
            etag=self.etag,
        )


@dataclass(slots=True, kw_only=True)
class ErasedBuckets:
    """The stage's buckets; with `dry_run` they are only read.

    All methods raise ClientError and BotoCoreError as the SDK does, and return how many records
    they erased, or would erase.
    """

    target: Target
    s3: Any  # a client
    traces: Traces
    dry_run: bool

    def find_photos(self) -> list[StoredVersion]:
        """Return all versions below the driver's prefix, and add their photos to the traces."""
        bucket = self.target.output("IntakeBucket")
        versions = list(self._versions(bucket, self.traces.prefix))
        self.traces.photo_ids |= {
            version.photo_id(bucket) for version in versions if not version.is_marker
        }
        return versions

    def refuse_in_training(self, versions: list[StoredVersion]) -> int:
        """List the photos' contents as refused; what was copied for training is recognized by it.

        The list has hashes of hashes: the content's own hash is nowhere in the stage.
        """
        bucket = self.target.output("IntakeBucket")
        photos = [version for version in versions if not version.is_marker]
        for version in photos:
            if self.dry_run:
                continue
            stored = self.s3.get_object(
                Bucket=bucket, Key=version.key, VersionId=version.version_id
            )
            digest = hashlib.sha256()
            for chunk in stored["Body"].iter_chunks(_CHUNK):  # an object may be of any size
                digest.update(chunk)
            key = refusal_key(digest.hexdigest())
            self.s3.put_object(Bucket=self.target.output("LabelsBucket"), Key=key, Body=b"")
        return len(photos)

    def erase_photos(self, versions: list[StoredVersion]) -> int:
        """Delete the versions and delete markers of `find_photos`."""
        self._delete(self.target.output("IntakeBucket"), versions)
        return len(versions)

    def erase_labels(self) -> int:
        """Delete all versions of the photos' labels, which are named by photo id."""
        bucket = self.target.output("LabelsBucket")
        labels = [
            version
            for version in self._versions(bucket, LABELS_PREFIX)
            if version.key.rpartition("/")[2].rpartition("-")[0] in self.traces.photo_ids
        ]
        self._delete(bucket, labels)
        return len(labels)

    def erase_captures(self) -> int:
        """Delete the photos' records from the capture files; the others keep their bytes."""
        bucket, erased = self.target.output("CaptureBucket"), 0
        for key in self._keys(bucket, ""):
            stored = self.s3.get_object(Bucket=bucket, Key=key)
            kept, count = captures_without(stored["Body"].read(), self.traces.photo_ids)
            if count:
                erased += count
                self._replace(bucket, key, kept or None, content_type=stored["ContentType"])
        return erased

    def erase_from_reports(self) -> int:
        """Delete what reports show of the photos; returns the number of changed files."""
        bucket, erased = self.target.output("ReportsBucket"), 0
        for key in self._keys(bucket, _REPORTS_PREFIX):
            stored = self.s3.get_object(Bucket=bucket, Key=key)
            content = stored["Body"].read()
            if mentions(content.decode("utf-8", "surrogateescape"), self.traces):
                erased += 1
                edited = report_file_without(key, content, self.traces)
                self._replace(bucket, key, edited, content_type=stored["ContentType"])
        return erased

    def erase_checkpoint(self) -> int:
        """Delete the sweeper's checkpoint if it names a photo: its walk starts again."""
        bucket = self.target.output("ReportsBucket")
        for key in self._keys(bucket, CHECKPOINT_KEY):
            content = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            if self.traces.are_in_message(content.decode(errors="replace")):
                self._replace(bucket, key, None, content_type="")
                return 1
        return 0

    def _replace(self, bucket: str, key: str, content: bytes | None, *, content_type: str) -> None:
        if self.dry_run:
            return
        if content is None:
            self.s3.delete_object(Bucket=bucket, Key=key)
        else:
            self.s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)

    def _delete(self, bucket: str, versions: list[StoredVersion]) -> None:
        if self.dry_run:
            return
        for start in range(0, len(versions), _BATCH):
            batch = versions[start : start + _BATCH]
            objects = [{"Key": item.key, "VersionId": item.version_id} for item in batch]
            self.s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})

    def _versions(self, bucket: str, prefix: str) -> Iterator[StoredVersion]:
        pages = self.s3.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for kind, is_marker in (("Versions", False), ("DeleteMarkers", True)):
                for entry in page.get(kind, []):
                    yield StoredVersion(
                        key=entry["Key"],
                        version_id=entry["VersionId"],
                        etag=entry.get("ETag", "").strip('"'),
                        is_marker=is_marker,
                    )

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        pages = self.s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", []))
