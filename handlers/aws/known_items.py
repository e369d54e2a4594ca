"""Known items: photos with a known true verdict, which reviewers do not see."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.aws.dynamodb import item_of, plain
from handlers.domain.errors import LedgerUnavailable
from handlers.domain.ledger.schema import ReviewerAttribute

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

KNOWN_ITEM = "known_item"  # kind of the records


class KnownItems:
    """Reads and writes the known items, which are records of the table `reviewers`."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def verdict(self, photo_id: str) -> str:
        """Return the true verdict of a known item; empty for any other photo.

        Raises: LedgerUnavailable.
        """
        try:
            response = self._dynamodb.get_item(TableName=self._table, Key=_key(photo_id))
        except (BotoCoreError, ClientError) as error:
            raise LedgerUnavailable(f"the reviewers table cannot be read: {error}") from error
        return _verdict(plain(response.get("Item", {})))

    def all(self) -> dict[str, str]:
        """Return all true verdicts by photo id.

        Raises: LedgerUnavailable.
        """
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=f"{ReviewerAttribute.KIND} = :kind",
            ExpressionAttributeValues=item_of({":kind": KNOWN_ITEM}),
        )
        try:
            items = [plain(item) for page in pages for item in page["Items"]]
        except (BotoCoreError, ClientError) as error:
            raise LedgerUnavailable(f"the reviewers table cannot be read: {error}") from error
        return {str(item[ReviewerAttribute.NAME]): _verdict(item) for item in items}

    def add(self, photo_id: str, verdict: str) -> None:
        """Add a known item, or replace its verdict.

        Raises: ClientError.
        """
        item = {**_key(photo_id), **item_of({ReviewerAttribute.VERDICT: verdict})}
        self._dynamodb.put_item(TableName=self._table, Item=item)

    def forget(self, photo_id: str) -> None:
        """Remove a known item; the counters of its reviews stay.

        Raises: ClientError.
        """
        self._dynamodb.delete_item(TableName=self._table, Key=_key(photo_id))


def _verdict(item: Mapping[str, object]) -> str:
    """Return the verdict; empty, as for any other photo, where it is not a text."""
    verdict = item.get(ReviewerAttribute.VERDICT)
    return verdict if isinstance(verdict, str) else ""


def _key(photo_id: str) -> "dict[str, AttributeValueTypeDef]":
    return item_of({ReviewerAttribute.KIND: KNOWN_ITEM, ReviewerAttribute.NAME: photo_id})
