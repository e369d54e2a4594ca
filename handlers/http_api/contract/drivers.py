"""Operations of the drivers' API."""

from typing import Annotated, Literal

from handlers.domain.ledger.uploads import MAX_UPLOAD_BYTES, PERMISSION_LIFE
from handlers.http_api.auth import DRIVE, DRIVERS
from handlers.http_api.contract import drivers_examples as examples
from handlers.http_api.contract.drivers_schemas import (
    ContestRequest,
    CurrentAssignment,
    Photo,
    PhotoPage,
    PhotoPageQuery,
    Upload,
    UploadId,
    UploadPermission,
    UploadRequest,
)
from handlers.http_api.operations import Operation
from handlers.http_api.problems import NOT_FOUND, ProblemKind
from handlers.http_api.schemas import TEXT, PhotoId

ContestRefusal = Literal["already_in_review", "contested_too_often", "nothing_to_contest"]

NOT_CONTESTABLE = ProblemKind(
    status=409,
    code="not_contestable",
    title="This decision cannot be contested.",
    extra={"why": Annotated[ContestRefusal, TEXT]},
)

TOO_MANY_UPLOADS = ProblemKind(
    status=429,
    code="too_many_uploads",
    title="The driver has had all upload permissions of this hour.",
    has_retry_after=True,
)

_LIFE_MINUTES = PERMISSION_LIFE.total_seconds() / 60
_UPLOADING = f"""Post the photo to `url` as `multipart/form-data`: every entry of `fields` first,
then the photo as `file`. S3 answers in XML, not with a problem document: 204, the photo is stored;
400 `EntityTooLarge`, more than {MAX_UPLOAD_BYTES:,} bytes; 400 `EntityTooSmall`, an empty file;
403 `AccessDenied`, a field is missing or changed, or {_LIFE_MINUTES:.0f} minutes have passed: ask
for another permission; 503 `SlowDown`, send the same form again after a second. Then read
`GET /uploads/{{upload_id}}`."""
_POLLING = """Poll once a second for the first ten seconds, then every five seconds, and every
minute while the photo is `in_review`. Add up to half of the wait at random, and stop at a status
of `assigned`, `rejected` or `failed`. After a 429 wait for `Retry-After`, or for a second without
one."""

OPERATIONS = (
    Operation(
        name="create_upload",
        method="POST",
        path="/uploads",
        summary="Get permission to upload one photo straight to S3.",
        description=_UPLOADING,
        scope=DRIVE,
        groups=(DRIVERS,),
        body=UploadRequest,
        body_example=examples.UPLOAD_REQUEST,
        status=201,
        response=UploadPermission,
        response_example=examples.UPLOAD_PERMISSION,
        problems=(NOT_FOUND, TOO_MANY_UPLOADS),
        # No longer than the permission itself: S3 refuses it afterwards.
        remembered_s=int(PERMISSION_LIFE.total_seconds()),
        per_second=20,
        burst=40,
    ),
    Operation(
        name="get_upload",
        method="GET",
        path="/uploads/{upload_id}",
        summary="See whether the photo has arrived, and its state.",
        description=_POLLING,
        scope=DRIVE,
        groups=(DRIVERS,),
        path_parameters={"upload_id": UploadId},
        response=Upload,
        response_example=examples.UPLOAD,
        problems=(NOT_FOUND,),
        per_second=100,  # apps poll until the photo is decided
        burst=200,
    ),
    Operation(
        name="list_photos",
        method="GET",
        path="/photos",
        summary="Page through one's own photos, newest first.",
        scope=DRIVE,
        groups=(DRIVERS,),
        query=PhotoPageQuery,
        response=PhotoPage,
        response_example=examples.PHOTO_PAGE,
    ),
    Operation(
        name="get_photo",
        method="GET",
        path="/photos/{photo_id}",
        summary="See the state of one of one's own photos.",
        description=_POLLING,
        scope=DRIVE,
        groups=(DRIVERS,),
        path_parameters={"photo_id": PhotoId},
        response=Photo,
        response_example=examples.REJECTED_PHOTO,
        problems=(NOT_FOUND,),
        per_second=100,
        burst=200,
    ),
    Operation(
        name="get_assignment",
        method="GET",
        path="/assignment",
        summary="See one's own assignment in force: what dispatch reads.",
        scope=DRIVE,
        groups=(DRIVERS,),
        response=CurrentAssignment,
        response_example=examples.CURRENT_ASSIGNMENT,
    ),
    Operation(
        name="contest_photo",
        method="POST",
        path="/photos/{photo_id}/contest",
        summary="Ask for a person to decide again; until then the decision stays in force.",
        scope=DRIVE,
        groups=(DRIVERS,),
        path_parameters={"photo_id": PhotoId},
        body=ContestRequest,
        body_example=examples.CONTEST_REQUEST,
        response=Photo,
        response_example=examples.CONTESTED_PHOTO,
        problems=(NOT_FOUND, NOT_CONTESTABLE),
        per_second=5,
        burst=10,
    ),
    Operation(
        name="get_api_document",
        method="GET",
        path="/openapi.json",
        summary="This document.",
        scope=None,
        media_type="application/json",
        per_second=5,
        burst=10,
    ),
)
