"""Examples of the drivers' API, for its document: one driver's photo, in the states that matter."""

from msgspec.structs import replace

from handlers.domain.ledger.driver_view import SENTENCES
from handlers.domain.ledger.uploads import MAX_UPLOAD_BYTES
from handlers.http_api.contract.drivers_schemas import (
    ContestRequest,
    CurrentAssignment,
    DriverAssignment,
    Photo,
    PhotoPage,
    Reason,
    Upload,
    UploadPermission,
    UploadRequest,
)

_UPLOAD_ID = "7c9e6679f7425404944bfe07fc1b2d4e"
_PHOTO_ID = "3fa91c0d2b7e48d5a6c1f09e8d7b6a5c4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b"

UPLOAD_REQUEST = UploadRequest(content_type="image/jpeg", order_id="order-17")
UPLOAD_PERMISSION = UploadPermission(
    upload_id=_UPLOAD_ID,
    url="https://BUCKET.s3.eu-central-1.amazonaws.com/",
    fields={
        "key": f"intake/dora/{_UPLOAD_ID}.jpg",
        "Content-Type": "image/jpeg",
        "policy": "eyJleHBpcmF0aW9uIjo...",
        "x-amz-signature": "5f0c...",
    },
    expires_at="2026-11-22T12:05:00+00:00",
    max_bytes=MAX_UPLOAD_BYTES,
)
_ASSIGNED_PHOTO = Photo(
    photo_id=_PHOTO_ID,
    upload_id=_UPLOAD_ID,
    status="assigned",
    reason=None,
    vehicle="bicycle",
    order_range="nearby",
    valid_until="2026-11-23T04:00:00Z",
    superseded=False,
    uploaded_at="2026-11-22T12:00:00Z",
    updated_at="2026-11-22T12:00:01.250Z",
    is_contested=False,
    can_be_contested=True,
    retake_of=None,
)
REJECTED_PHOTO = replace(
    _ASSIGNED_PHOTO,
    status="rejected",
    reason=Reason(code="no_vehicle", sentence=SENTENCES["no_vehicle"]),
    vehicle=None,
    order_range=None,
    valid_until=None,
)
CONTEST_REQUEST = ContestRequest(comment="It is a cargo bicycle.")
CONTESTED_PHOTO = replace(
    REJECTED_PHOTO,
    reason=Reason(code="contested", sentence=SENTENCES["contested"]),
    is_contested=True,
    can_be_contested=False,
)
UPLOAD = Upload(upload_id=_UPLOAD_ID, state="arrived", photo=_ASSIGNED_PHOTO)
PHOTO_PAGE = PhotoPage(photos=(_ASSIGNED_PHOTO,), next_cursor=None)
CURRENT_ASSIGNMENT = CurrentAssignment(
    assignment=DriverAssignment(
        photo_id=_PHOTO_ID,
        vehicle="bicycle",
        order_range="nearby",
        valid_until="2026-11-23T04:00:00Z",
    )
)
