"""From the ledger's view of a photo to what the app is told."""

from handlers.domain.driver_photo import DriverPhoto
from handlers.domain.uploads import Permission
from handlers.drivers.shapes import Photo, Reason

_LONGEST_SENTENCE = 1024
_LONGEST_UPLOAD_ID = 1024


def photo_answer(photo: DriverPhoto, permission: Permission | None) -> Photo:
    """The permission is where a retake's predecessor stands; old ones are gone."""
    own = permission is not None and permission.driver_id == photo.driver_id
    return Photo(
        photo_id=photo.photo_id,
        upload_id=photo.upload_id[:_LONGEST_UPLOAD_ID] or None,
        status=photo.status,
        reason=_reason(photo),
        vehicle=photo.vehicle or None,
        order_range=photo.order_range or None,
        valid_until=photo.valid_until or None,
        uploaded_at=photo.uploaded_at,
        updated_at=photo.updated_at,
        is_contested=photo.is_contested,
        can_be_contested=photo.can_be_contested,
        retake_of=(permission.retake_of or None) if permission and own else None,
    )


def _reason(photo: DriverPhoto) -> Reason | None:
    if not photo.reason:
        return None
    sentence = photo.sentence[:_LONGEST_SENTENCE] or "Please send another photo."
    return Reason(code=photo.reason, sentence=sentence)
