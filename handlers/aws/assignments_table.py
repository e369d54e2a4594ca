"""Reads of the assignments table, and a removal; workflow and review transactions write it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handlers.aws.dynamodb import item_of, plain
from handlers.domain.ledger.schema import AssignmentAttribute

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class AssignmentsTable:
    """Reads and removes rows of one table.

    All methods raise ClientError and BotoCoreError as the SDK does.
    """

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def row(self, driver_id: str) -> dict[str, Any] | None:  # Any: as stored
        """Return a driver's assignment by a consistent read, or None."""
        response = self._dynamodb.get_item(
            TableName=self._table,
            Key=item_of({AssignmentAttribute.DRIVER_ID: driver_id}),
            ConsistentRead=True,
        )
        return plain(response["Item"]) if "Item" in response else None

    def remove(self, driver_id: str) -> None:
        """Remove a driver's assignment, if there is one."""
        self._dynamodb.delete_item(
            TableName=self._table, Key=item_of({AssignmentAttribute.DRIVER_ID: driver_id})
        )

    def all_rows(self) -> Iterator[dict[str, Any]]:
        """Yield the whole table by a consistent scan."""
        pages = self._dynamodb.get_paginator("scan")
        for page in pages.paginate(TableName=self._table, ConsistentRead=True):
            yield from map(plain, page["Items"])
