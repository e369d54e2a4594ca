"""Counts what was uploaded: the promise is about objects in the bucket, not about ledger rows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from handlers.domain.ledger.identity import INTAKE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

_SHARE = 0.1  # of the time at most goes into listing the bucket


class UploadCounter:
    """Object versions under the intake prefix. Not for two threads at once."""

    def __init__(
        self, s3: S3Client, bucket: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._clock = clock
        self._counted = 0
        self._due_s = float("-inf")

    def count(self) -> int:
        """As of a moment ago; the more there are, the longer ago."""
        started_s = self._clock()
        if started_s >= self._due_s:
            self._counted = self._list()
            self._due_s = started_s + (self._clock() - started_s) / _SHARE
        return self._counted

    def _list(self) -> int:
        pages = self._s3.get_paginator("list_object_versions")
        return sum(
            not version["Key"].endswith("/")  # folder markers are nobody's photo
            for page in pages.paginate(Bucket=self._bucket, Prefix=INTAKE_PREFIX)
            for version in page.get("Versions", [])
        )
