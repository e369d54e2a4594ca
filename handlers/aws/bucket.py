"""A bucket of files that programs write and people read: captures, labels, reports, notes."""

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
_WAS_THERE = {"PreconditionFailed", "ConditionalRequestConflict"}
_FORBIDDEN = ("AccessDenied", "InvalidObjectState", "KMS.")  # InvalidObjectState: archived


class UnreadableObject(PermanentError):
    """The object is there, but in an archive, or nobody may read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object as a listing shows it."""

    key: str
    last_modified: datetime
    size_bytes: int


class Bucket:
    """One bucket."""

    def __init__(self, s3: "S3Client", *, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def listed(self, prefix: str) -> Iterator[StoredObject]:
        """All objects under a prefix, by key."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        for page in pages:
            for each in page.get("Contents", []):
                yield StoredObject(
                    key=each["Key"], last_modified=each["LastModified"], size_bytes=each["Size"]
                )

    def folders(self, prefix: str) -> list[str]:
        """What lies under a prefix up to the next slash, by name."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, Delimiter="/"
        )
        found = (each["Prefix"] for page in pages for each in page.get("CommonPrefixes", []))
        return sorted(found)

    def chunks(self, key: str) -> Iterator[bytes]:
        """The content, a megabyte at a time; nothing where the object is gone meanwhile.

        Raises: UnreadableObject."""
        body = self._body(key)
        if body is not None:
            with contextlib.closing(body):
                yield from body.iter_chunks(_CHUNK_BYTES)

    def read(self, key: str, *, at_most_bytes: int) -> bytes | None:
        """The content as far as it may be long; None where there is none.

        Raises: UnreadableObject."""
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
        """Put the object, in place of what may be there."""
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=content_type)

    def write_once(self, key: str, content: bytes, *, content_type: str) -> None:
        """Put the object, or leave what is there."""
        try:
            self._s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=content,
                ContentType=content_type,
                IfNoneMatch="*",
            )
        except ClientError as error:
            # 409: another one is being written this very moment.
            if error.response["Error"]["Code"] not in _WAS_THERE:
                raise

    def remove(self, key: str) -> None:
        """Take the object away; nothing happens where there is none."""
        self._s3.delete_object(Bucket=self.bucket, Key=key)

    def link(self, key: str, *, expires_s: int) -> str:
        """A link that needs no account; it ends with the credentials that signed it."""
        url: str = self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=expires_s
        )
        return url
