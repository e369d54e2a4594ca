"""Makes small pictures for the page: wire images, made on demand from the uploaded objects."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.photo.wire_image import MAX_BYTES, Prepared, prepare
from infra.local.status_page.lru import LruCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

_REMEMBERED = 400  # pictures of at most 44 KB
_MAX_CONCURRENT = 2  # decoding takes memory


class Thumbnails:
    """Makes thumbnails and remembers the latest. Thread-safe."""

    def __init__(self, s3: S3Client) -> None:
        self._s3 = s3
        self._known: LruCache[bytes] = LruCache(_REMEMBERED)
        self._slots = threading.BoundedSemaphore(_MAX_CONCURRENT)

    def of(self, item: Mapping[str, Any]) -> bytes | None:  # Any: a DynamoDB item
        """Return the JPEG of a ledger row's photo, or None if the photo cannot be read."""
        photo_id = item[PhotoAttribute.PHOTO_ID]
        if (known := self._known.get(photo_id)) is not None:
            return known
        # This process does not decode what Serialize refused or failed on.
        if (
            item.get(PhotoAttribute.STATUS) in {"rejected", "failed"}
            and PhotoAttribute.CLASSIFICATION not in item
        ):
            return None
        with self._slots:
            data = self._read(item)
            prepared = prepare(data) if data else None
        if not isinstance(prepared, Prepared):
            return None
        self._known.put(photo_id, prepared.wire_image)
        return prepared.wire_image

    def _read(self, item: Mapping[str, Any]) -> bytes | None:
        version = (
            {"VersionId": item[PhotoAttribute.VERSION_ID]}
            if item.get(PhotoAttribute.VERSION_ID)
            else {}
        )
        try:
            response = self._s3.get_object(
                Bucket=item[PhotoAttribute.BUCKET], Key=item[PhotoAttribute.KEY], **version
            )
        except ClientError:  # erased meanwhile
            return None
        with response["Body"] as body:
            return body.read() if response["ContentLength"] <= MAX_BYTES else None
