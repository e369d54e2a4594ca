"""Permission to upload a photo, and the state of the upload afterwards."""

import math
import secrets
from datetime import datetime

from handlers.domain.ledger.uploads import MAX_UPLOAD_BYTES, HourlyCount, Permission
from handlers.drivers_api.dependencies import DriversDependencies
from handlers.drivers_api.photos import assignment_of
from handlers.drivers_api.presenters import present_photo
from handlers.http_api.contract.drivers import TOO_MANY_UPLOADS
from handlers.http_api.contract.drivers_schemas import Upload, UploadPermission, UploadRequest
from handlers.http_api.problems import NOT_FOUND, Problem


def permit_upload(
    deps: DriversDependencies, request: UploadRequest, *, driver_id: str, now: datetime
) -> UploadPermission:
    """Record a permission of this driver and sign the form that S3 accepts for it.

    Raises: Problem, if `retake_of` is not a photo of the driver, or the driver has had all
    permissions of the hour.
    """
    if request.retake_of:
        predecessor = deps.photos.photo(request.retake_of)
        if predecessor is None or predecessor.driver_id != driver_id:
            raise Problem(NOT_FOUND, "'retake_of' is not one of your photos; leave it out.")
    _count(deps, driver_id=driver_id, now=now)
    permission = Permission.grant(
        upload_id=secrets.token_hex(16),
        driver_id=driver_id,
        content_type=request.content_type,
        order_id=request.order_id or "",
        retake_of=request.retake_of or "",
        now=now,
    )
    deps.uploads.write(permission)
    form = deps.forms.sign(permission)
    return UploadPermission(
        upload_id=permission.upload_id,
        url=form.url,
        fields=form.fields,
        expires_at=permission.expires_at.isoformat(timespec="seconds"),
        max_bytes=MAX_UPLOAD_BYTES,
    )


def read_upload(
    deps: DriversDependencies, upload_id: str, *, driver_id: str, now: datetime
) -> Upload:
    """Return the upload: it has arrived once the ledger has a photo of this driver by this id.

    Raises: Problem, if the driver has no such upload.
    """
    permission = deps.uploads.read({upload_id}).get(upload_id)
    if permission and permission.driver_id != driver_id:
        permission = None
    photo = deps.photos.of_upload(
        upload_id, driver_id=driver_id, used_by=permission.photo_id if permission else ""
    )
    if photo:
        shown = present_photo(photo, permission, assigned=assignment_of(deps, [photo]))
        return Upload(upload_id=upload_id, state="arrived", photo=shown)
    if permission is None:
        raise Problem(NOT_FOUND, "You have no such upload; ask for permission with POST /uploads.")
    if permission.has_lapsed(now):
        return Upload(upload_id=upload_id, state="lapsed", photo=None)
    return Upload(upload_id=upload_id, state="waiting", photo=None)


def _count(deps: DriversDependencies, *, driver_id: str, now: datetime) -> None:
    """Count the permission before it exists, so that concurrent requests cannot exceed the limit.

    Raises: Problem.
    """
    hourly = HourlyCount.at(now, driver_id=driver_id)
    if deps.uploads.count(hourly, limit=deps.uploads_per_hour):
        return
    raise Problem(
        TOO_MANY_UPLOADS,
        f"A driver may upload {deps.uploads_per_hour} photos in an hour; the next one begins at "
        f"{hourly.ends_at:%H:%M} UTC.",
        retry_after_s=math.ceil((hourly.ends_at - now).total_seconds()),
    )
