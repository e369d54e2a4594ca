"""Builds the API's response about a photo from the ledger's view of it."""

from handlers.domain.ledger.driver_view import DriverPhoto
from handlers.domain.ledger.rows import AssignmentRow
from handlers.domain.ledger.uploads import Permission
from handlers.http_api.contract.drivers_schemas import Photo, Reason

# Limits of the response's schema, in characters.
_MAX_SENTENCE = 1024
_MAX_UPLOAD_ID = 1024


def present_photo(
    photo: DriverPhoto, permission: Permission | None, *, assigned: AssignmentRow | None
) -> Photo:
    """Return the response about a photo.

    `permission` names the predecessor of a retake; None if it is no longer stored. `assigned` is
    the driver's assignment; it is not read for photos that are not assigned.
    """
    is_own = permission is not None and permission.driver_id == photo.driver_id
    return Photo(
        photo_id=photo.photo_id,
        upload_id=photo.upload_id[:_MAX_UPLOAD_ID] or None,
        status=photo.status,
        reason=_reason(photo),
        vehicle=photo.vehicle or None,
        order_range=photo.order_range or None,
        valid_until=photo.valid_until or None,
        superseded=(
            photo.status == "assigned"
            and assigned is not None
            and assigned.photo_id != photo.photo_id
        ),
        uploaded_at=photo.uploaded_at,
        updated_at=photo.updated_at,
        is_contested=photo.is_contested,
        can_be_contested=photo.can_be_contested,
        retake_of=(permission.retake_of or None) if permission and is_own else None,
    )


def _reason(photo: DriverPhoto) -> Reason | None:
    if not photo.reason:
        return None
    sentence = photo.sentence[:_MAX_SENTENCE] or "Please send another photo."
    return Reason(code=photo.reason, sentence=sentence)
