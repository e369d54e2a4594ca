"""What the drivers' app sends and gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from handlers.api.shapes import Instant, PhotoId, Text, Whole

UploadId = Annotated[str, Text(max_length=128, pattern="[A-Za-z0-9_-]+")]
Cursor = Annotated[str, Text(max_length=256, pattern="[A-Za-z0-9_-]+")]
ContentType = Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]

MAX_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpload:
    """One photo that the app wants to send."""

    content_type: ContentType
    order_id: Annotated[str, Text(max_length=64, pattern="[A-Za-z0-9_.:-]+")] | None = None
    retake_of: PhotoId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Post the photo to `url` as multipart/form-data: these fields, then the photo as `file`."""

    upload_id: UploadId
    url: Annotated[str, Text(max_length=2048, format="uri")]
    fields: Mapping[str, Annotated[str, Text(max_length=8192)]]
    expires_at: Instant
    max_bytes: Annotated[int, Whole(minimum=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why: a stable code, and a sentence that the app can show."""

    code: Annotated[str, Text(max_length=64)]
    sentence: Annotated[str, Text(max_length=1024)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """What became of a photo."""

    photo_id: PhotoId
    upload_id: Annotated[str, Text(max_length=1024)] | None
    status: Literal["received", "assigned", "in_review", "rejected", "failed"]
    reason: Reason | None
    vehicle: Annotated[str, Text(max_length=64)] | None
    order_range: Annotated[str, Text(max_length=64)] | None
    valid_until: Instant | None
    uploaded_at: Instant
    updated_at: Instant
    is_contested: bool
    can_be_contested: bool
    retake_of: PhotoId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """`waiting` for the photo, `arrived` (then with the photo), or `lapsed`: ask for another."""

    upload_id: UploadId
    state: Literal["waiting", "arrived", "lapsed"]
    photo: Photo | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOf:
    """Which page of the driver's photos; without a cursor the newest."""

    limit: Annotated[int, Whole(minimum=1, maximum=MAX_PAGE)] = 20
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoPage:
    """Newest first; no `next_cursor` means that was all."""

    photos: tuple[Photo, ...]
    next_cursor: Cursor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What the driver has to say, if anything; a reviewer reads it."""

    comment: Annotated[str, Text(max_length=500)] | None = None
