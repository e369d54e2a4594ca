"""Requests and responses of the drivers' API."""

from typing import Annotated, Literal

from msgspec import Meta

from handlers.http_api.schemas import TEXT, Instant, PhotoId, Schema

UploadId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z", min_length=1, max_length=128)]
OrderId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]+\Z", min_length=1, max_length=64)]
Cursor = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z", min_length=1, max_length=256)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
ContentType = Annotated[
    Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"], TEXT
]

MAX_PAGE = 100


class UploadRequest(Schema, frozen=True, kw_only=True):
    """One photo that the app wants to send."""

    content_type: ContentType
    order_id: Annotated[
        OrderId | None, Meta(description="Stored with the photo as the metadata `order-id`.")
    ] = None
    retake_of: Annotated[
        PhotoId | None, Meta(description="The caller's earlier photo that this one replaces.")
    ] = None


class UploadPermission(Schema, frozen=True, kw_only=True):
    """Post the photo to `url` as multipart/form-data: these fields, then the photo as `file`."""

    upload_id: UploadId
    url: Annotated[str, Meta(min_length=1, max_length=2048, extra_json_schema={"format": "uri"})]
    fields: dict[str, Annotated[str, Meta(min_length=1, max_length=8192)]]
    expires_at: Annotated[Instant, Meta(description="S3 refuses the photo afterwards.")]
    max_bytes: Annotated[int, Meta(ge=1, description="Size of the photo; S3 refuses larger ones.")]


class Reason(Schema, frozen=True, kw_only=True):
    """Why: a stable code, and a sentence that the app can show."""

    code: Name
    sentence: Annotated[str, Meta(min_length=1, max_length=1024)]


class Photo(Schema, frozen=True, kw_only=True):
    """State of a photo and the decision about it."""

    photo_id: PhotoId
    upload_id: Annotated[str, Meta(min_length=1, max_length=1024)] | None
    status: Annotated[Literal["received", "assigned", "in_review", "rejected", "failed"], TEXT]
    reason: Reason | None
    vehicle: Name | None
    order_range: Annotated[Name | None, Meta(description="Which orders suit the vehicle.")]
    valid_until: Annotated[Instant | None, Meta(description="End of the assignment.")]
    uploaded_at: Instant
    updated_at: Instant
    is_contested: Annotated[
        bool,
        Meta(description="A reviewer will decide again; until then the decision stays in force."),
    ]
    can_be_contested: bool
    retake_of: Annotated[
        PhotoId | None, Meta(description="The earlier photo that this one replaces.")
    ]


class Upload(Schema, frozen=True, kw_only=True):
    """`waiting` for the photo, `arrived` (then with the photo), or `lapsed`: ask for another."""

    upload_id: UploadId
    state: Annotated[Literal["waiting", "arrived", "lapsed"], TEXT]
    photo: Photo | None


class PhotoPageQuery(Schema, frozen=True, kw_only=True):
    """Which page of the caller's photos."""

    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE, description="Photos on the page.")] = 20
    cursor: Annotated[
        Cursor | None, Meta(description="`next_cursor` of the page before; without it, the newest.")
    ] = None


class PhotoPage(Schema, frozen=True, kw_only=True):
    """One page of photos, newest first."""

    photos: tuple[Photo, ...]
    next_cursor: Annotated[Cursor | None, Meta(description="Null on the last page.")]


class ContestRequest(Schema, frozen=True, kw_only=True):
    """The driver's comment, if any; a reviewer reads it."""

    comment: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
