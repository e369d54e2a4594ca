"""A bucket of files: captures, labels, reports, checkpoints."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from handlers.domain.errors import PermanentError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_CHUNK_BYTES = 1 << 20
_EXISTS = {"PreconditionFailed", "ConditionalRequestConflict"}
_FORBIDDEN = ("AccessDenied", "InvalidObjectState", "KMS.")  # InvalidObjectState: archived


class UnreadableObject(PermanentError):
    """The object exists, but is archived, or the caller has no permission to read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object of a listing."""

    key: str
    last_modified: datetime
    size_bytes: int


class Bucket:
    """Reads and writes one bucket; except where noted, errors of the SDK are raised unchanged."""

    def __init__(self, s3: "S3Client", *, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def listed(self, prefix: str) -> Iterator[StoredObject]:
        """Yield all objects under a prefix, sorted by key."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield StoredObject(
                    key=entry["Key"], last_modified=entry["LastModified"], size_bytes=entry["Size"]
                )

    def folders(self, prefix: str) -> list[str]:
        """Return the prefixes one level below a prefix, each with its slash, sorted."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, Delimiter="/"
        )
        return sorted(entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", []))

    def chunks(self, key: str) -> Iterator[bytes]:
        """Yield the content, at most a megabyte at a time; nothing if the object does not exist.

        Raises: UnreadableObject.
        """
        body = self._body(key)
        if body is not None:
            with contextlib.closing(body):
                yield from body.iter_chunks(_CHUNK_BYTES)

    def read(self, key: str, *, at_most_bytes: int) -> bytes | None:
        """Return the first `at_most_bytes` of the content; None if the object does not exist.

        Raises: UnreadableObject.
        """
        body = self._body(key)
        if body is None:
            return None
        with contextlib.closing(body):
            return body.read(at_most_bytes)

    def _body(self, key: str) -> "StreamingBody | None":
        try:
            return self._s3.get_object(Bucket=self.bucket, Key=key)["Body"]
        except self._s3.exceptions.NoSuchKey:
            return None
        except ClientError as error:
            if error.response["Error"]["Code"].startswith(_FORBIDDEN):
                raise UnreadableObject(f"s3://{self.bucket}/{key}: {error}") from error
            raise

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        """Write the object, and replace an existing one."""
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=content_type)

    def write_once(self, key: str, content: bytes, *, content_type: str) -> None:
        """Write the object unless it exists."""
        try:
            self._s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=content,
                ContentType=content_type,
                IfNoneMatch="*",
            )
        except ClientError as error:
            # 409: another writer is creating it at this moment.
            if error.response["Error"]["Code"] not in _EXISTS:
                raise

    def remove(self, key: str) -> None:
        """Delete the object, if it exists."""
        self._s3.delete_object(Bucket=self.bucket, Key=key)

    def link(self, key: str, *, expires_s: int) -> str:
        """Return a link without sign-in; it expires at the latest with its signer's credentials."""
        url: str = self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=expires_s
        )
        return url
