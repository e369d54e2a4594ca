"""The ledger as drivers read it: a photo by its id or upload, and a driver's photos by time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlers.aws.attribute_values import item_of, plain
from handlers.aws.dynamodb import answer_of
from handlers.domain.ledger.driver_view import DriverPhoto

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Versions of one upload's object: one, unless somebody posts again within the permission's minutes.
_MOST_VERSIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a page ended; belongs to the driver who asks, whoever made it."""

    uploaded_at: str
    photo_id: str


class DriverPhotos:
    """Reads; whose photo it is, is the caller's to ask."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def photo(self, photo_id: str) -> DriverPhoto | None:
        """Raises: LedgerUnavailable, InvalidRecord."""
        found = answer_of(
            lambda: self._dynamodb.get_item(
                TableName=self._table, Key=item_of({"photo_id": photo_id}), ConsistentRead=True
            )
        )
        return DriverPhoto.from_item(plain(found["Item"])) if "Item" in found else None

    def of_upload(self, upload_id: str, *, driver_id: str) -> DriverPhoto | None:
        """The newest version; a key that somebody else chose may name the same upload."""
        found = answer_of(
            lambda: self._dynamodb.query(
                TableName=self._table,
                IndexName="by_upload",
                KeyConditionExpression="upload_id = :upload",
                ExpressionAttributeValues=item_of({":upload": upload_id}),
                ScanIndexForward=False,
                Limit=_MOST_VERSIONS,
            )
        )
        for item in found["Items"]:
            photo = self.photo(plain(item)["photo_id"])
            if photo and photo.driver_id == driver_id:
                return photo
        return None

    def page(
        self, driver_id: str, *, limit: int, after: Position | None
    ) -> tuple[list[DriverPhoto], Position | None]:
        """Newest first, and where the next page begins if there is one."""
        start: dict[str, Any] = {}
        if after:
            start["ExclusiveStartKey"] = item_of(
                {
                    "driver_id": driver_id,
                    "uploaded_at": after.uploaded_at,
                    "photo_id": after.photo_id,
                }
            )
        found = answer_of(
            lambda: self._dynamodb.query(
                TableName=self._table,
                IndexName="by_driver",
                KeyConditionExpression="driver_id = :driver",
                ExpressionAttributeValues=item_of({":driver": driver_id}),
                ScanIndexForward=False,
                Limit=limit,
                **start,
            )
        )
        photos = [DriverPhoto.from_item(plain(item)) for item in found["Items"]]
        last = found.get("LastEvaluatedKey")
        if not last:
            return photos, None
        key = plain(last)
        return photos, Position(uploaded_at=key["uploaded_at"], photo_id=key["photo_id"])
