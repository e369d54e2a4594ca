"""The intake bucket, as Serialize reads it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.decision.prediction import PhotoRef
from handlers.domain.errors import PhotoForbidden, PhotoMissing, PhotoStoreUnavailable
from handlers.domain.photo.wire_image import MAX_BYTES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = {"NoSuchKey", "NoSuchVersion", "NoSuchBucket", "PreconditionFailed", "404", "405", "412"}
# Also what S3 answers of a deleted object, since the role may not list the bucket.
_FORBIDDEN = {"AccessDenied", "403"}
MAX_ORDER_ID_LENGTH = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPhoto:
    """An upload as it lies in the bucket."""

    size_bytes: int
    data: bytes | None  # None when it is larger than any photo may be: it is not even read
    order_id: str  # carried from the metadata, never interpreted; empty where there is none


class PhotoStore:
    """Reads one object version."""

    def __init__(self, s3: "S3Client") -> None:
        self._s3 = s3

    def read(self, photo: PhotoRef) -> StoredPhoto:
        """Raises: PhotoMissing, PhotoForbidden, PhotoStoreUnavailable."""
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
                raise PhotoMissing(f"S3 answered {code}") from error
            if code in _FORBIDDEN:
                raise PhotoForbidden(f"S3 answered {code}") from error
            raise PhotoStoreUnavailable(f"S3 answered {code}") from error
        except BotoCoreError as error:
            raise PhotoStoreUnavailable(str(error)) from error
        order_id = response["Metadata"].get("order-id", "")[:MAX_ORDER_ID_LENGTH]
        return StoredPhoto(size_bytes=size_bytes, data=data, order_id=order_id)
