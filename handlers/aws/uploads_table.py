"""Permissions to upload: their table, and the signed form for one of them."""

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlers.aws.dynamodb import item_of, plain, response_of, succeeds
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.schema import UploadAttribute
from handlers.domain.ledger.uploads import (
    MAX_UPLOAD_BYTES,
    PERMISSION_LIFE,
    HourlyCount,
    Permission,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_BATCH = 100  # the limit of BatchGetItem


class UploadsTable:
    """Reads and writes permissions, by upload id."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, kept_days: int) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._kept_days = kept_days

    def write(self, permission: Permission) -> None:
        """Store a new permission.

        Raises: LedgerUnavailable, also if the upload id exists.
        """
        response_of(
            lambda: self._dynamodb.put_item(
                TableName=self._table,
                Item=item_of(permission.to_item(kept_days=self._kept_days)),
                ConditionExpression=f"attribute_not_exists({UploadAttribute.UPLOAD_ID})",
            )
        )

    def count(self, hourly: HourlyCount, *, limit: int) -> bool:
        """Count one more permission of the driver in that hour; False if there are `limit`.

        One conditional write, so that concurrent requests cannot exceed the limit together.

        Raises: LedgerUnavailable.
        """
        name = UploadAttribute.GRANTED
        values = {":one": 1, ":limit": limit, ":until": hourly.kept_until}
        return succeeds(
            lambda: self._dynamodb.update_item(
                TableName=self._table,
                Key=item_of({UploadAttribute.UPLOAD_ID: hourly.key}),
                UpdateExpression=f"SET {UploadAttribute.KEPT_UNTIL} = :until ADD {name} :one",
                ConditionExpression=f"attribute_not_exists({name}) OR {name} < :limit",
                ExpressionAttributeValues=item_of(values),
            )
        )

    def read(self, upload_ids: set[str]) -> dict[str, Permission]:
        """Return those of the permissions that are still kept and can be read, by upload id.

        Raises: LedgerUnavailable.
        """
        permissions: dict[str, Permission] = {}
        keys: list[Any] = [
            item_of({UploadAttribute.UPLOAD_ID: upload_id}) for upload_id in sorted(upload_ids)
        ]
        while keys:
            request: Any = {self._table: {"Keys": keys[:_BATCH], "ConsistentRead": True}}
            response = response_of(lambda: self._dynamodb.batch_get_item(RequestItems=request))  # noqa: B023 # called at once
            for item in response["Responses"].get(self._table, []):
                with contextlib.suppress(InvalidRecord):  # the photo is shown without it
                    permission = Permission.from_item(plain(item))
                    permissions[permission.upload_id] = permission
            unprocessed: Any = response.get("UnprocessedKeys", {}).get(self._table, {})
            keys = [*unprocessed.get("Keys", []), *keys[_BATCH:]]
        return permissions


class UsedPermissions:
    """Records which photo used a permission: the first that asks, for good."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def use(self, upload_id: str, *, key: str, photo_id: str) -> bool:
        """Use the permission for this key, and return whether this photo is the one that used it.

        Asking again for the same photo gives the same answer. Also true if there is no permission
        for the key: photos that other writers put into the bucket need none.

        Raises: LedgerUnavailable.
        """
        names = {"#key": UploadAttribute.KEY, "#photo_id": UploadAttribute.PHOTO_ID}
        is_used_by_it = succeeds(
            lambda: self._dynamodb.update_item(
                TableName=self._table,
                Key=item_of({UploadAttribute.UPLOAD_ID: upload_id}),
                UpdateExpression="SET #photo_id = :photo_id",
                ConditionExpression=(
                    "#key = :key AND (attribute_not_exists(#photo_id) OR #photo_id = :photo_id)"
                ),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=item_of({":key": key, ":photo_id": photo_id}),
            )
        )
        return is_used_by_it or not self._is_used_by_another(upload_id, key, photo_id)

    def _is_used_by_another(self, upload_id: str, key: str, photo_id: str) -> bool:
        response = response_of(
            lambda: self._dynamodb.get_item(
                TableName=self._table,
                Key=item_of({UploadAttribute.UPLOAD_ID: upload_id}),
                ConsistentRead=True,
            )
        )
        item = plain(response.get("Item", {}))
        is_permitted = item.get(UploadAttribute.KEY) == key
        return is_permitted and item.get(UploadAttribute.PHOTO_ID, photo_id) != photo_id


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """The URL to post a photo to, and the fields that make S3 accept it."""

    url: str
    fields: dict[str, str]


class UploadForms:
    """Signs forms; S3 checks that an upload has the form's key, type and size."""

    def __init__(self, s3: "S3Client", *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def sign(self, permission: Permission) -> UploadForm:
        """Sign the form of a permission; this makes no call."""
        fields = {"Content-Type": permission.content_type}
        if permission.order_id:
            fields["x-amz-meta-order-id"] = permission.order_id
        signed = self._s3.generate_presigned_post(
            Bucket=self._bucket,
            Key=permission.key,
            Fields=dict(fields),
            Conditions=[
                *({name: value} for name, value in fields.items()),
                ["content-length-range", 1, MAX_UPLOAD_BYTES],
            ],
            ExpiresIn=int(PERMISSION_LIFE.total_seconds()),
        )
        return UploadForm(url=signed["url"], fields=signed["fields"])
