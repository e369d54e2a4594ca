"""Small pictures for the page: the wire image, made on demand from the uploaded object version."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.photo.wire_image import MAX_BYTES, Prepared, prepare
from infra.local.status_page.lru import Bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

_REMEMBERED = 400  # of 44 KB at most
_AT_ONCE = 2  # decoding takes memory


class Thumbnails:
    """Makes and remembers them; any thread may ask."""

    def __init__(self, s3: S3Client) -> None:
        self._s3 = s3
        self._known: Bounded[bytes] = Bounded(_REMEMBERED)
        self._slots = threading.BoundedSemaphore(_AT_ONCE)

    def of(self, item: Mapping[str, Any]) -> bytes | None:  # Any: a DynamoDB item
        """A JPEG, or None where the photo cannot be read."""
        photo_id = item[PhotoAttribute.PHOTO_ID]
        if (known := self._known.get(photo_id)) is not None:
            return known
        # What Serialize refused or did not survive is not tried in this process.
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
            found = self._s3.get_object(
                Bucket=item[PhotoAttribute.BUCKET], Key=item[PhotoAttribute.KEY], **version
            )
        except ClientError:  # erased since
            return None
        with found["Body"] as body:
            return body.read() if found["ContentLength"] <= MAX_BYTES else None
