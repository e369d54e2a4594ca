"""Entry of the drivers' function; every operation calls a function of `uploads` or `photos`."""

from functools import cache
from typing import TYPE_CHECKING, Any

from handlers.drivers_api import photos, uploads
from handlers.drivers_api.dependencies import dependencies, settings
from handlers.http_api.auth import DRIVERS, REVIEWERS
from handlers.http_api.contract.drivers import OPERATIONS
from handlers.http_api.contract.drivers_schemas import (
    ContestRequest,
    CurrentAssignment,
    Photo,
    PhotoPage,
    PhotoPageQuery,
    Upload,
    UploadPermission,
    UploadRequest,
)
from handlers.http_api.contract.every_operation import EVERY_OPERATION
from handlers.http_api.openapi import api_document
from handlers.http_api.router import ApiRouter, Call
from handlers.http_api.schemas import JsonSchema

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

router = ApiRouter(service="drivers", operations=OPERATIONS)


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of the HTTP API (the gateway's payload 2.0)."""
    return router.handle(event, context)


@router.operation("create_upload")
def create_upload(call: Call[UploadRequest]) -> UploadPermission:
    """Permit the caller to upload one photo; the driver is the token's."""
    return uploads.permit_upload(
        dependencies(), call.input, driver_id=call.caller.name, now=call.now
    )


@router.operation("get_upload")
def get_upload(call: Call[None]) -> Upload:
    """Return the state of one of the caller's uploads."""
    return uploads.read_upload(
        dependencies(), call.path["upload_id"], driver_id=call.caller.name, now=call.now
    )


@router.operation("list_photos")
def list_photos(call: Call[PhotoPageQuery]) -> PhotoPage:
    """Return a page of the caller's photos, newest first."""
    return photos.read_page(dependencies(), call.input, driver_id=call.caller.name)


@router.operation("get_photo")
def get_photo(call: Call[None]) -> Photo:
    """Return one of the caller's photos."""
    return photos.read_photo(dependencies(), call.path["photo_id"], driver_id=call.caller.name)


@router.operation("get_assignment")
def get_assignment(call: Call[None]) -> CurrentAssignment:
    """Return what dispatch reads of the caller."""
    return photos.read_assignment(dependencies(), driver_id=call.caller.name, now=call.now)


@router.operation("contest_photo")
def contest_photo(call: Call[ContestRequest]) -> Photo:
    """Open a review of the decision about one of the caller's photos."""
    return photos.contest_decision(
        dependencies(),
        call.path["photo_id"],
        driver_id=call.caller.name,
        comment=call.input.comment or "",
        request=call.request,
        now=call.now,
    )


@router.operation("get_api_document")
def get_api_document(_call: Call[None]) -> JsonSchema:
    """Return the document of all APIs."""
    return _api_document()


@cache
def _api_document() -> JsonSchema:
    environment = settings()
    return api_document(
        EVERY_OPERATION,
        sign_in_urls={
            DRIVERS: environment.drivers_sign_in_url,
            REVIEWERS: environment.reviewers_sign_in_url,
        },
    )
