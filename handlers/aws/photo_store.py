"""Reads photos from the intake bucket."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.decision.prediction import PhotoRef
from handlers.domain.errors import PhotoForbidden, PhotoMissing, PhotoStoreUnavailable
from handlers.domain.photo.wire_image import MAX_BYTES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = {"NoSuchKey", "NoSuchVersion", "NoSuchBucket", "PreconditionFailed", "404", "405", "412"}
# S3 also reports a deleted object so, because the role has no permission to list the bucket.
_FORBIDDEN = {"AccessDenied", "403"}
MAX_ORDER_ID_LENGTH = 128  # characters; longer ones are cut


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPhoto:
    """The content of one object version."""

    size_bytes: int
    data: bytes | None  # None if it has more than `MAX_BYTES`: then it is not read
    order_id: str  # from the metadata, never interpreted; may be empty


class PhotoStore:
    """Reads object versions of any bucket."""

    def __init__(self, s3: "S3Client") -> None:
        self._s3 = s3

    def read(self, photo: PhotoRef) -> StoredPhoto:
        """Read one object version; without a version id, the object of that ETag.

        Raises: PhotoMissing, PhotoForbidden, PhotoStoreUnavailable.
        """
        try:
            if photo.version_id:
                response = self._s3.get_object(
                    Bucket=photo.bucket, Key=photo.key, VersionId=photo.version_id
                )
            else:
                response = self._s3.get_object(
                    Bucket=photo.bucket, Key=photo.key, IfMatch=photo.etag
                )
            with response["Body"] as body:
                size_bytes = response["ContentLength"]
                data = body.read(MAX_BYTES + 1) if size_bytes <= MAX_BYTES else None
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _GONE:
                raise PhotoMissing(f"the photo does not exist: {code}") from error
            if code in _FORBIDDEN:
                raise PhotoForbidden(f"the photo may not be read: {code}") from error
            raise PhotoStoreUnavailable(f"S3 failed with {code}") from error
        except BotoCoreError as error:
            raise PhotoStoreUnavailable(f"S3 cannot be reached: {error}") from error
        order_id = response["Metadata"].get("order-id", "")[:MAX_ORDER_ID_LENGTH]
        return StoredPhoto(size_bytes=size_bytes, data=data, order_id=order_id)
