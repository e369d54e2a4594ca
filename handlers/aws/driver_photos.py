"""The ledger for drivers: a photo by its id or upload, and a driver's photos by time."""

from collections.abc import Callable
from dataclasses import dataclass

from handlers.aws.dynamodb import response_of
from handlers.aws.photos_table import PageKey, PhotosTable, Row
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.driver_view import DriverPhoto
from handlers.domain.ledger.schema import PhotoAttribute

# Versions of one upload's object: one, unless the driver posts again within the permission's life.
_MOST_VERSIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The last photo of a page; it is applied to the caller's photos, wherever it comes from."""

    uploaded_at: str
    photo_id: str


class DriverPhotos:
    """Reads photos; its callers check that the photo is the driver's.

    `unreadable` gets the photo id of each row that cannot be read. It is shown as failed where at
    least photo, driver and time can be, and left out otherwise.
    """

    def __init__(self, table: PhotosTable, *, unreadable: Callable[[str], None]) -> None:
        self._table = table
        self._unreadable = unreadable

    def photo(self, photo_id: str) -> DriverPhoto | None:
        """Return one photo of any driver, or None.

        Raises: LedgerUnavailable.
        """
        row = response_of(lambda: self._table.row(photo_id))
        return self._read(row) if row is not None else None

    def of_upload(self, upload_id: str, *, driver_id: str, used_by: str = "") -> DriverPhoto | None:
        """Return the photo that used the upload's permission, `used_by`, once the ledger has it.

        Without one, return the newest version; other drivers' keys may name the same upload id.

        Raises: LedgerUnavailable.
        """
        if used_by:
            return self.photo(used_by)
        for row in response_of(lambda: self._table.of_upload(upload_id, limit=_MOST_VERSIONS)):
            photo = self.photo(row[PhotoAttribute.PHOTO_ID])
            if photo and photo.driver_id == driver_id:
                return photo
        return None

    def page(
        self, driver_id: str, *, limit: int, after: Position | None
    ) -> tuple[list[DriverPhoto], Position | None]:
        """Return at most `limit` photos, newest first, and the position of the next page, if any.

        Raises: LedgerUnavailable.
        """
        start: PageKey | None = None
        if after:
            start = {
                PhotoAttribute.DRIVER_ID: driver_id,
                PhotoAttribute.UPLOADED_AT: after.uploaded_at,
                PhotoAttribute.PHOTO_ID: after.photo_id,
            }
        rows, last = response_of(lambda: self._table.of_driver(driver_id, limit=limit, after=start))
        following = (
            Position(
                uploaded_at=last[PhotoAttribute.UPLOADED_AT],
                photo_id=last[PhotoAttribute.PHOTO_ID],
            )
            if last
            else None
        )
        return [photo for row in rows if (photo := self._read(row))], following

    def _read(self, row: Row) -> DriverPhoto | None:
        try:
            return DriverPhoto.from_item(row)
        except InvalidRecord:
            self._unreadable(str(row[PhotoAttribute.PHOTO_ID]))
        try:
            return DriverPhoto.unreadable(row)
        except InvalidRecord:
            return None
