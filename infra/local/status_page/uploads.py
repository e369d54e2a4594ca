"""Counts uploaded objects in the bucket, since a photo may not have a ledger row yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from handlers.domain.ledger.identity import INTAKE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

_MAX_TIME_SHARE = 0.1  # of the time, to list the bucket


class UploadCounter:
    """Counts object versions under the intake prefix. Not thread-safe."""

    def __init__(
        self, s3: S3Client, bucket: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._clock = clock
        self._counted = 0
        self._due_s = float("-inf")

    def count(self) -> int:
        """Return a recent count; the more objects there are, the older it may be."""
        started_s = self._clock()
        if started_s >= self._due_s:
            self._counted = self._list()
            self._due_s = started_s + (self._clock() - started_s) / _MAX_TIME_SHARE
        return self._counted

    def _list(self) -> int:
        pages = self._s3.get_paginator("list_object_versions")
        return sum(
            not version["Key"].endswith("/")  # folder markers are not photos
            for page in pages.paginate(Bucket=self._bucket, Prefix=INTAKE_PREFIX)
            for version in page.get("Versions", [])
        )
