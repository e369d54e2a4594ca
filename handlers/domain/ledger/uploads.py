"""The permission to upload one photo: its object key, its limits and its life."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.identity import INTAKE_PREFIX
from handlers.domain.ledger.schema import UploadAttribute

MAX_UPLOAD_BYTES = 15_000_000
"""Equals `wire_image.MAX_BYTES`, which cannot be imported without Pillow; a test compares them."""

PERMISSION_LIFE = timedelta(minutes=5)
DUPLICATE_UPLOAD: Final = "duplicate_upload"
"""The reason of a photo whose upload permission another photo had used before."""

# After this time an upload of the last second has reached the ledger, if there was one.
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
    """A driver's permission to upload one photo: a row of the table `uploads`.

    It also links a retake to its predecessor, because the object key has no room for that and an
    object's metadata is not in the event.
    """

    upload_id: str
    driver_id: str
    key: str
    content_type: str
    order_id: str  # empty if the driver named no order
    retake_of: str  # photo id of the predecessor; may be empty
    granted_at: datetime
    photo_id: str = ""  # the photo that used the permission; empty until one has

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
        """Grant a permission for a new key, so no driver can name the key of another photo."""
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
        """The moment from which S3 refuses the upload."""
        return self.granted_at + PERMISSION_LIFE

    def has_lapsed(self, now: datetime) -> bool:
        """Whether a photo can no longer arrive by this permission."""
        return now > self.expires_at + ARRIVAL_GRACE

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: a DynamoDB item
        """Check and convert an item of the uploads table.

        Raises: InvalidRecord.
        """
        try:
            permission = cls(
                upload_id=item[UploadAttribute.UPLOAD_ID],
                driver_id=item[UploadAttribute.DRIVER_ID],
                key=item[UploadAttribute.KEY],
                content_type=item[UploadAttribute.CONTENT_TYPE],
                order_id=item.get(UploadAttribute.ORDER_ID, ""),
                retake_of=item.get(UploadAttribute.RETAKE_OF, ""),
                granted_at=datetime.fromisoformat(item[UploadAttribute.GRANTED_AT]),
                photo_id=item.get(UploadAttribute.PHOTO_ID, ""),
            )
            permission.has_lapsed(permission.granted_at)  # fails at the end of the calendar
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise InvalidRecord(f"an upload's row is malformed: {error!r}") from error
        texts = (field.name for field in fields(permission) if field.type is str)
        if not all(isinstance(getattr(permission, name), str) for name in texts):
            raise InvalidRecord("an upload's row is malformed: an attribute is not a text")
        if permission.granted_at.tzinfo is None:
            raise InvalidRecord("an upload's row is malformed: its time has no zone")
        return permission

    def to_item(self, *, kept_days: int) -> dict[str, str | int]:
        """Return the item; DynamoDB deletes it some time after its time to live, `kept_until`."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyCount:
    """The permissions of one driver in one hour of UTC: an item beside those of permissions."""

    driver_id: str
    hour: datetime  # its beginning

    @classmethod
    def at(cls, now: datetime, *, driver_id: str) -> Self:
        """Return the count of the hour that `now` is in."""
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return cls(driver_id=driver_id, hour=hour)

    @property
    def key(self) -> str:
        """The item's key; no upload id contains `#`."""
        return f"granted#{self.hour:%Y-%m-%dT%H}#{self.driver_id}"

    @property
    def ends_at(self) -> datetime:
        """The beginning of the next hour, in which the driver has permissions again."""
        return self.hour + timedelta(hours=1)

    @property
    def kept_until(self) -> int:
        """Time to live, seconds since 1970: a day, so that an operator can still look at it."""
        return int((self.ends_at + timedelta(days=1)).timestamp())
