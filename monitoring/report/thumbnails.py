"""Small pictures of a few photos, for the report: prepared as Serialize does, then scaled down."""

import base64
import io
from collections.abc import Iterable, Iterator

from PIL import Image

from handlers.aws.photo_store import PhotoStore
from handlers.domain.decision.prediction import PhotoRef
from handlers.domain.errors import SconesError
from handlers.domain.photo.wire_image import Prepared, prepare
from monitoring.report.facts import PhotoFacts, Thumbnail

_LONGEST_SIDE = 160
_QUALITY = 70
AT_MOST = 20


def thumbnails(
    store: PhotoStore, photos: Iterable[PhotoFacts], wanted: Iterable[str]
) -> Iterator[Thumbnail]:
    """Those of the wanted photos that can still be read; the others are shown as figures only."""
    by_id = {photo.photo_id: photo for photo in photos}
    for photo_id in list(wanted)[:AT_MOST]:
        photo = by_id.get(photo_id)
        picture = _picture(store, photo) if photo and photo.bucket else None
        if picture is not None:
            yield Thumbnail(photo_id=photo_id, data_uri=picture)


def thumbnail_of(data: bytes) -> str | None:
    """A photo's bytes as a small picture for a page; None for what is no photo."""
    prepared = prepare(data)
    if not isinstance(prepared, Prepared):
        return None
    encoded = base64.b64encode(_small(prepared.wire_image)).decode()
    return f"data:image/jpeg;base64,{encoded}"


def _picture(store: PhotoStore, photo: PhotoFacts) -> str | None:
    try:
        stored = store.read(_reference(photo))
    except SconesError:
        return None  # deleted, or forbidden: the report stands without it
    return None if stored.data is None else thumbnail_of(stored.data)


def _small(wire_image: bytes) -> bytes:
    with Image.open(io.BytesIO(wire_image), formats=("JPEG",)) as image:
        image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        made = io.BytesIO()
        image.save(made, "JPEG", quality=_QUALITY)
        return made.getvalue()


def _reference(photo: PhotoFacts) -> PhotoRef:
    return PhotoRef(
        photo_id=photo.photo_id,
        bucket=photo.bucket,
        key=photo.key,
        version_id=photo.version_id or None,
        etag="",
        size_bytes=0,
        uploaded_at="",
        driver_id=photo.driver_id or None,
        upload_id=None,
    )
