"""Empties a bucket: every version of every object, and every delete marker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from infra.operations.destruction.errors import BucketNotEmptied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_PASSES = 3  # S3 delivers access logs late, into a bucket that was empty already
_AT_A_TIME = 8  # requests, each for one page of at most 1,000 versions


def empty_bucket(s3: S3Client, bucket: str) -> int:
    """Delete all versions and delete markers, and return how many there were.

    A bucket that does not exist has none. Raises: BucketNotEmptied, ClientError, BotoCoreError.
    """
    removed = 0
    for _ in range(_PASSES):
        count = _empty_once(s3, bucket)
        removed += count
        if not count:
            return removed
    if next(_pages(s3, bucket), None) is None:
        return removed
    raise BucketNotEmptied(
        f"bucket {bucket} still gets objects: stop what writes to it, and run it again."
    )


def count_versions(s3: S3Client, bucket: str) -> int:
    """Return the number of versions and delete markers. Raises: ClientError, BotoCoreError."""
    return sum(len(page) for page in _pages(s3, bucket))


def _empty_once(s3: S3Client, bucket: str) -> int:
    pages = _pages(s3, bucket)
    removed = 0
    with ThreadPoolExecutor(_AT_A_TIME) as executor:
        # In groups: the keys of a whole bucket need not fit into the memory.
        while group := list(islice(pages, _AT_A_TIME)):
            for refused in executor.map(lambda page: _delete(s3, bucket, page), group):
                if refused:
                    raise BucketNotEmptied(f"bucket {bucket}: {refused}")
            removed += sum(len(page) for page in group)
    return removed


def _delete(s3: S3Client, bucket: str, page: list[ObjectIdentifierTypeDef]) -> str:
    """Delete a page; return the first refusal, or an empty text."""
    response = s3.delete_objects(Bucket=bucket, Delete={"Objects": page, "Quiet": True})
    for error in response.get("Errors", []):
        return f"S3 does not delete {error.get('Key')!r}: {error.get('Code')}"
    return ""


def _pages(s3: S3Client, bucket: str) -> Iterator[list[ObjectIdentifierTypeDef]]:
    paginator = s3.get_paginator("list_object_versions")
    try:
        for page in paginator.paginate(Bucket=bucket):
            versions: list[ObjectIdentifierTypeDef] = [
                {"Key": entry["Key"], "VersionId": entry["VersionId"]}
                for entry in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
            ]
            if versions:
                yield versions
    except s3.exceptions.NoSuchBucket:
        return
