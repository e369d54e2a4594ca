"""Where a backfill finds photos: a prefix of the intake bucket, or a list of its objects.

A list is the manifest of an S3 Inventory in CSV, or a CSV file as S3 Batch Operations reads it:
bucket, key and, if wanted, version id, without a header. Both have URL-encoded keys.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from handlers.aws.object_versions import pages
from handlers.domain.json_text import parse_json
from handlers.domain.ledger.identity import INTAKE_PREFIX, ObjectVersion
from infra.operations.errors import BackfillRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_s3 import S3Client

_LIST_COLUMNS = ("Bucket", "Key", "VersionId")
_ABSENT = {"404", "NoSuchKey", "NoSuchVersion"}
_FORBIDDEN = {"403", "AccessDenied"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPhoto:
    """An object that may have to be started; a list has no more than key and version."""

    key: str
    version_id: str = ""  # empty: the latest
    version: ObjectVersion | None = None  # where the source has everything already


class BackfillSource:
    """Lists the photos of a source, which may be read more than once."""

    def __init__(self, s3: S3Client, *, bucket: str, source: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._source = source

    def batches(self) -> Iterator[list[ListedPhoto]]:
        """Yield the photos by pages. Raises: BackfillRefused, ClientError."""
        if self._source.endswith((".json", ".csv", ".csv.gz")):
            yield from self._listed()
            return
        prefix = self._source.removeprefix(f"s3://{self._bucket}/")
        if not prefix.startswith(INTAKE_PREFIX):
            raise BackfillRefused(_elsewhere(self._source, self._bucket))
        for versions, _ in pages(self._s3, bucket=self._bucket, prefix=prefix):
            yield [
                ListedPhoto(key=version.key, version_id=version.version_id, version=version)
                for version in versions
            ]

    def resolved(self, photo: ListedPhoto) -> ObjectVersion | None:
        """Return the object version that a photo names; None if it is gone.

        Raises: BackfillRefused, ClientError.
        """
        if photo.version is not None:
            return photo.version
        version: dict[str, Any] = {"VersionId": photo.version_id} if photo.version_id else {}
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=photo.key, **version)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code in _ABSENT:
                return None
            if code in _FORBIDDEN:
                raise BackfillRefused(
                    f"s3://{self._bucket}/{photo.key} is forbidden for these credentials: a "
                    "backfill needs s3:GetObject and s3:GetObjectVersion of the photos, and "
                    "s3:ListBucket of the bucket, without which a missing object looks forbidden."
                ) from error
            raise
        version_id = head.get("VersionId", "")
        return ObjectVersion(
            bucket=self._bucket,
            key=photo.key,
            version_id="" if version_id == "null" else version_id,
            etag=head["ETag"].strip('"'),
            uploaded_at=head["LastModified"].isoformat(),
            size_bytes=head["ContentLength"],
        )

    def _listed(self) -> Iterator[list[ListedPhoto]]:
        if not self._source.endswith(".json"):
            yield self._rows(self._source, _LIST_COLUMNS)
            return
        try:
            manifest = parse_json(self._read(self._source))
            if manifest["fileFormat"] != "CSV":
                raise BackfillRefused(f"{self._source} is an inventory in another format than CSV.")
            columns = [name.strip() for name in manifest["fileSchema"].split(",")]
            bucket = manifest["destinationBucket"].removeprefix("arn:aws:s3:::")
            files = {
                f"s3://{bucket}/{file['key']}": file["MD5checksum"] for file in manifest["files"]
            }
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BackfillRefused(f"{self._source} is not the manifest of an inventory.") from error
        if not {"Bucket", "Key"} <= set(columns):
            raise BackfillRefused(f"{self._source} has no column Bucket or no column Key.")
        for file, checksum in files.items():
            yield self._rows(file, columns, checksum=checksum)

    def _rows(
        self, file: str, columns: Sequence[str], *, checksum: str | None = None
    ) -> list[ListedPhoto]:
        content = self._read(file)
        # S3 Inventory gives no other checksum.
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if checksum is not None and digest != checksum:
            raise BackfillRefused(f"{file} is not as its manifest says: its checksum differs.")
        photos = []
        lines = csv.reader(io.StringIO(_text(file, content), newline=""), strict=True)
        try:
            for cells in filter(None, lines):  # a blank line has no cells
                photos += self._photo(
                    dict(zip(columns, cells, strict=False)), place=f"{file}, line {lines.line_num}"
                )
        except csv.Error as error:
            raise BackfillRefused(f"{file}, line {lines.line_num}: {error}.") from error
        return photos

    def _photo(self, row: Mapping[str, str], *, place: str) -> list[ListedPhoto]:
        """Return the photo of a row: none for a delete marker or a folder."""
        if "Key" not in row:
            raise BackfillRefused(f"{place}: a row has bucket, key and, if wanted, version id.")
        try:
            key = unquote_plus(row["Key"], errors="strict")
        except UnicodeDecodeError as error:
            raise BackfillRefused(f"{place}: the key is not URL-encoded UTF-8.") from error
        if row["Bucket"] != self._bucket or not key.startswith(INTAKE_PREFIX):
            name = f"{place}: s3://{row['Bucket']}/{key}"
            raise BackfillRefused(_elsewhere(name, self._bucket))
        if row.get("IsDeleteMarker") == "true" or key.endswith("/"):
            return []
        return [ListedPhoto(key=key, version_id=row.get("VersionId", ""))]

    def _read(self, file: str) -> bytes:
        if not file.startswith("s3://"):
            try:
                return Path(file).read_bytes()
            except OSError as error:
                raise BackfillRefused(f"{file} cannot be read: {error.strerror}.") from error
        bucket, _, key = file.removeprefix("s3://").partition("/")
        return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def _text(file: str, content: bytes) -> str:
    if file.endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:  # BadGzipFile is an OSError
            raise BackfillRefused(f"{file} is not a whole gzip file: {error}.") from error
    try:
        return content.decode("utf-8-sig")  # spreadsheets write a mark before the first cell
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BackfillRefused(
            f"{file}, line {line}, is not in UTF-8: save it as such; keys are URL-encoded."
        ) from error


def _elsewhere(source: str, bucket: str) -> str:
    return (
        f"{source} is not below s3://{bucket}/{INTAKE_PREFIX}: copy its photos there, which starts "
        f"them: aws s3 cp --recursive SOURCE s3://{bucket}/{INTAKE_PREFIX}DRIVER/"
    )
