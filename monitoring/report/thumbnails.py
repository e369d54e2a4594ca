"""Thumbnails of a few photos for the report, read from the bucket."""

from collections.abc import Iterable, Iterator

from handlers.aws.photo_store import PhotoStore
from handlers.domain.decision.prediction import PhotoRef
from handlers.domain.errors import SconesError
from monitoring.rendering.thumbnails import thumbnail_data_uri
from monitoring.report import PhotoFacts, Thumbnail

AT_MOST = 20


def thumbnails(
    store: PhotoStore, photos: Iterable[PhotoFacts], wanted: Iterable[str]
) -> Iterator[Thumbnail]:
    """Yield thumbnails of the wanted photos that can still be read; others appear without one."""
    by_id = {photo.photo_id: photo for photo in photos}
    for photo_id in list(wanted)[:AT_MOST]:
        photo = by_id.get(photo_id)
        picture = _picture(store, photo) if photo and photo.bucket else None
        if picture is not None:
            yield Thumbnail(photo_id=photo_id, data_uri=picture)


def _picture(store: PhotoStore, photo: PhotoFacts) -> str | None:
    try:
        stored = store.read(_reference(photo))
    except SconesError:
        return None  # deleted, or forbidden: the report is made without it
    return None if stored.data is None else thumbnail_data_uri(stored.data)


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
