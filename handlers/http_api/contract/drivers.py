"""Operations of the drivers' API."""

from handlers.domain.ledger.uploads import PERMISSION_LIFE
from handlers.http_api.auth import DRIVE, DRIVERS
from handlers.http_api.contract.drivers_schemas import (
    ContestRequest,
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
from handlers.http_api.schemas import PhotoId

NOT_CONTESTABLE = ProblemKind(
    status=409,
    code="not_contestable",
    title="This decision cannot be contested.",
    extra=("why",),
)

TOO_MANY_UPLOADS = ProblemKind(
    status=429,
    code="too_many_uploads",
    title="The driver has had all upload permissions of this hour.",
    has_retry_after=True,
)

OPERATIONS = (
    Operation(
        name="create_upload",
        method="POST",
        path="/uploads",
        summary="Get permission to upload one photo straight to S3.",
        scope=DRIVE,
        groups=(DRIVERS,),
        body=UploadRequest,
        status=201,
        response=UploadPermission,
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
        scope=DRIVE,
        groups=(DRIVERS,),
        path_parameters={"upload_id": UploadId},
        response=Upload,
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
    ),
    Operation(
        name="get_photo",
        method="GET",
        path="/photos/{photo_id}",
        summary="See the state of one of one's own photos.",
        scope=DRIVE,
        groups=(DRIVERS,),
        path_parameters={"photo_id": PhotoId},
        response=Photo,
        problems=(NOT_FOUND,),
        per_second=100,
        burst=200,
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
        response=Photo,
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
