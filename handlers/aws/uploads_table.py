"""Permissions to upload: their table, and the form that S3 accepts for one of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlers.aws.attribute_values import item_of, plain
from handlers.aws.dynamodb import answer_of
from handlers.domain.ledger.schema import UploadAttribute
from handlers.domain.ledger.uploads import MAX_UPLOAD_BYTES, PERMISSION_LIFE, Permission

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


class UploadsTable:
    """The table `uploads`, by upload id."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, kept_days: int) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._kept_days = kept_days

    def write(self, permission: Permission) -> None:
        """Raises: LedgerUnavailable."""
        answer_of(
            lambda: self._dynamodb.put_item(
                TableName=self._table,
                Item=item_of(permission.to_item(kept_days=self._kept_days)),
                ConditionExpression=f"attribute_not_exists({UploadAttribute.UPLOAD_ID})",
            )
        )

    def read(self, upload_ids: set[str]) -> dict[str, Permission]:
        """Those that are still kept. Raises: LedgerUnavailable, InvalidRecord."""
        found: dict[str, Permission] = {}
        wanted: list[Any] = [
            item_of({UploadAttribute.UPLOAD_ID: each}) for each in sorted(upload_ids)
        ]
        while wanted:
            request: Any = {self._table: {"Keys": wanted[:_BATCH], "ConsistentRead": True}}
            answer = answer_of(lambda: self._dynamodb.batch_get_item(RequestItems=request))  # noqa: B023 # called at once
            for item in answer["Responses"].get(self._table, []):
                permission = Permission.from_item(plain(item))
                found[permission.upload_id] = permission
            left: Any = answer.get("UnprocessedKeys", {}).get(self._table, {})
            wanted = [*left.get("Keys", []), *wanted[_BATCH:]]
        return found


_BATCH = 100  # what DynamoDB takes at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Where to post a photo, and the fields that make S3 accept it."""

    url: str
    fields: dict[str, str]


class UploadForms:
    """Signs forms; S3 itself then holds the upload to key, type and size."""

    def __init__(self, s3: "S3Client", *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def sign(self, permission: Permission) -> Form:
        """Makes no call."""
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
        return Form(url=signed["url"], fields=signed["fields"])
