"""Requests and responses of the drivers' API."""

from typing import Annotated, Literal

from msgspec import Meta

from handlers.domain.ledger.driver_view import REASON_CODES
from handlers.http_api.schemas import TEXT, Instant, PhotoId, Schema, one_of

UploadId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z", min_length=1, max_length=128)]
OrderId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]+\Z", min_length=1, max_length=64)]
Cursor = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z", min_length=1, max_length=256)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
# The classes of the model that are vehicles, and their order ranges, as stages configure them.
Vehicle = Annotated[Name, one_of({"bicycle", "motorcycle"})]
OrderRange = Annotated[Name, one_of({"nearby", "distant"})]
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

    code: Annotated[
        Name,
        one_of(REASON_CODES),
        Meta(description="`other`: a reason without a code of its own; show the sentence."),
    ]
    sentence: Annotated[
        str, Meta(min_length=1, max_length=1024, description="English, for the driver.")
    ]


class Photo(Schema, frozen=True, kw_only=True):
    """State of a photo and the decision about it."""

    photo_id: PhotoId
    upload_id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=1024)] | None,
        Meta(description="Of `POST /uploads`; null if the photo came another way."),
    ]
    status: Annotated[
        Literal["received", "assigned", "in_review", "rejected", "failed"],
        TEXT,
        Meta(
            description="`received` and `in_review` are followed by another status; the others "
            "change only if a person decides again."
        ),
    ]
    reason: Annotated[
        Reason | None, Meta(description="Null while `received` and, uncontested, `assigned`.")
    ]
    vehicle: Annotated[
        Vehicle | None, Meta(description="What the photo shows; null unless `assigned`.")
    ]
    order_range: Annotated[OrderRange | None, Meta(description="Which orders suit the vehicle.")]
    valid_until: Annotated[Instant | None, Meta(description="End of the assignment.")]
    superseded: Annotated[
        bool,
        Meta(
            description="Whether a later photo's assignment has taken the place of this one's: "
            "`GET /assignment` shows the one in force."
        ),
    ]
    uploaded_at: Instant
    updated_at: Annotated[Instant, Meta(description="Time of the latest change.")]
    is_contested: Annotated[
        bool,
        Meta(description="A reviewer will decide again; until then the decision stays in force."),
    ]
    can_be_contested: Annotated[
        bool, Meta(description="Whether `POST /photos/{photo_id}/contest` may be called.")
    ]
    retake_of: Annotated[
        PhotoId | None, Meta(description="The earlier photo that this one replaces.")
    ]


class Upload(Schema, frozen=True, kw_only=True):
    """An upload permission, and the photo that arrived with it."""

    upload_id: UploadId
    state: Annotated[
        Literal["waiting", "arrived", "lapsed"],
        TEXT,
        Meta(
            description="`waiting` for the photo; `arrived`; or `lapsed`, from two minutes after "
            "`expires_at`: no photo came, so ask for another permission."
        ),
    ]
    photo: Annotated[Photo | None, Meta(description="Null unless `arrived`.")]


class DriverAssignment(Schema, frozen=True, kw_only=True):
    """What dispatch reads of the driver."""

    photo_id: Annotated[PhotoId, Meta(description="The photo behind the assignment.")]
    vehicle: Vehicle
    order_range: OrderRange
    valid_until: Instant


class CurrentAssignment(Schema, frozen=True, kw_only=True):
    """The assignment in force, or null if it is absent or has ended."""

    assignment: DriverAssignment | None


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
