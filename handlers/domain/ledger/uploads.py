"""Permission to upload one photo: pure, so that key, limits and life are decided in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.identity import INTAKE_PREFIX
from handlers.domain.ledger.schema import UploadAttribute

MAX_UPLOAD_BYTES = 15_000_000
"""As `photo.MAX_BYTES`, which cannot be imported without Pillow; a test holds the two together."""

PERMISSION_LIFE = timedelta(minutes=5)
# Until S3's clock, the event and the workflow have certainly had their say on a last-second upload.
ARRIVAL_GRACE = timedelta(minutes=2)

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/heif": "heif",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What a driver was allowed to upload: a row of the table `uploads`.

    The link of a retake to its predecessor stands here: the key is the authority for driver and
    upload and has no room for it, and an object's metadata is not in the event.
    """

    upload_id: str
    driver_id: str
    key: str
    content_type: str
    order_id: str  # empty: none
    retake_of: str  # a photo id; empty: none
    granted_at: datetime

    @classmethod
    def grant(
        cls,
        *,
        upload_id: str,
        driver_id: str,
        content_type: str,
        order_id: str,
        retake_of: str,
        now: datetime,
    ) -> Self:
        """The key is ours: nobody can choose another driver's, or one that exists."""
        return cls(
            upload_id=upload_id,
            driver_id=driver_id,
            key=f"{INTAKE_PREFIX}{driver_id}/{upload_id}.{EXTENSIONS[content_type]}",
            content_type=content_type,
            order_id=order_id,
            retake_of=retake_of,
            granted_at=now,
        )

    @property
    def expires_at(self) -> datetime:
        """When S3 begins to refuse it."""
        return self.granted_at + PERMISSION_LIFE

    def has_lapsed(self, now: datetime) -> bool:
        """Whether no photo can come any more."""
        return now > self.expires_at + ARRIVAL_GRACE

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: a DynamoDB item
        """Raises: InvalidRecord."""
        try:
            return cls(
                upload_id=item[UploadAttribute.UPLOAD_ID],
                driver_id=item[UploadAttribute.DRIVER_ID],
                key=item[UploadAttribute.KEY],
                content_type=item[UploadAttribute.CONTENT_TYPE],
                order_id=item.get(UploadAttribute.ORDER_ID, ""),
                retake_of=item.get(UploadAttribute.RETAKE_OF, ""),
                granted_at=datetime.fromisoformat(item[UploadAttribute.GRANTED_AT]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidRecord(f"an upload's row is malformed: {error!r}") from error

    def to_item(self, *, kept_days: int) -> dict[str, str | int]:
        """The row; DynamoDB deletes it some time after `kept_until`."""
        kept_until = self.granted_at + timedelta(days=kept_days)
        return {
            UploadAttribute.UPLOAD_ID: self.upload_id,
            UploadAttribute.DRIVER_ID: self.driver_id,
            UploadAttribute.KEY: self.key,
            UploadAttribute.CONTENT_TYPE: self.content_type,
            UploadAttribute.ORDER_ID: self.order_id,
            UploadAttribute.RETAKE_OF: self.retake_of,
            UploadAttribute.GRANTED_AT: self.granted_at.isoformat(),
            UploadAttribute.KEPT_UNTIL: int(kept_until.timestamp()),
        }
