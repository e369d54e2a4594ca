"""The ledger as drivers read it: a photo by its id or upload, and a driver's photos by time."""

from dataclasses import dataclass

from handlers.aws.dynamodb import answer_of
from handlers.aws.photos_table import PageKey, PhotosTable
from handlers.domain.ledger.driver_view import DriverPhoto
from handlers.domain.ledger.schema import PhotoAttribute

# Versions of one upload's object: one, unless the driver posts again while the permission holds.
_MOST_VERSIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a page ended; it belongs to the driver who asks, whatever its origin."""

    uploaded_at: str
    photo_id: str


class DriverPhotos:
    """Reads; callers check whose photo it is."""

    def __init__(self, table: PhotosTable) -> None:
        self._table = table

    def photo(self, photo_id: str) -> DriverPhoto | None:
        """Raises: LedgerUnavailable, InvalidRecord."""
        row = answer_of(lambda: self._table.row(photo_id))
        return DriverPhoto.from_item(row) if row is not None else None

    def of_upload(self, upload_id: str, *, driver_id: str) -> DriverPhoto | None:
        """The newest version; another driver's key may name the same upload.

        Raises: LedgerUnavailable, InvalidRecord.
        """
        for row in answer_of(lambda: self._table.of_upload(upload_id, limit=_MOST_VERSIONS)):
            photo = self.photo(row[PhotoAttribute.PHOTO_ID])
            if photo and photo.driver_id == driver_id:
                return photo
        return None

    def page(
        self, driver_id: str, *, limit: int, after: Position | None
    ) -> tuple[list[DriverPhoto], Position | None]:
        """Newest first, and where the next page begins if there is one.

        Raises: LedgerUnavailable, InvalidRecord.
        """
        start: PageKey | None = None
        if after:
            start = {
                PhotoAttribute.DRIVER_ID: driver_id,
                PhotoAttribute.UPLOADED_AT: after.uploaded_at,
                PhotoAttribute.PHOTO_ID: after.photo_id,
            }
        rows, last = answer_of(lambda: self._table.of_driver(driver_id, limit=limit, after=start))
        following = (
            Position(
                uploaded_at=last[PhotoAttribute.UPLOADED_AT],
                photo_id=last[PhotoAttribute.PHOTO_ID],
            )
            if last
            else None
        )
        return [DriverPhoto.from_item(row) for row in rows], following
