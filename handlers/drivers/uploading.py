"""Permission to upload, and what became of it."""

import secrets

from handlers.api.door import Call
from handlers.api.problems import NOT_FOUND, Problem
from handlers.domain.uploads import MAX_UPLOAD_BYTES, Permission
from handlers.drivers.answers import photo_answer
from handlers.drivers.parts import door, parts
from handlers.drivers.shapes import NewUpload, Permit, Upload


@door.answers("create_upload")
def create_upload(call: Call[NewUpload]) -> Permit:
    """The driver in the key is the token's, whatever the app says."""
    wanted, driver_id = call.input, call.caller.name
    if wanted.retake_of:
        predecessor = parts().photos.photo(wanted.retake_of)
        if predecessor is None or predecessor.driver_id != driver_id:
            raise Problem(NOT_FOUND, "'retake_of' is none of your photos; leave it out.")
    permission = Permission.grant(
        upload_id=secrets.token_hex(16),
        driver_id=driver_id,
        content_type=wanted.content_type,
        order_id=wanted.order_id or "",
        retake_of=wanted.retake_of or "",
        now=call.now,
    )
    parts().uploads.write(permission)
    form = parts().forms.sign(permission)
    return Permit(
        upload_id=permission.upload_id,
        url=form.url,
        fields=form.fields,
        expires_at=permission.expires_at.isoformat(timespec="seconds"),
        max_bytes=MAX_UPLOAD_BYTES,
    )


@door.answers("get_upload")
def get_upload(call: Call[None]) -> Upload:
    """Waiting until the ledger knows a photo of this driver by this upload."""
    upload_id, driver_id = call.path["upload_id"], call.caller.name
    permission = parts().uploads.read({upload_id}).get(upload_id)
    if permission and permission.driver_id != driver_id:
        permission = None
    photo = parts().photos.of_upload(upload_id, driver_id=driver_id)
    if photo:
        answer = photo_answer(photo, permission)
        return Upload(upload_id=upload_id, state="arrived", photo=answer)
    if permission is None:
        raise Problem(NOT_FOUND, "You have no such upload; ask for permission with POST /uploads.")
    if permission.has_lapsed(call.now):
        return Upload(upload_id=upload_id, state="lapsed", photo=None)
    return Upload(upload_id=upload_id, state="waiting", photo=None)
