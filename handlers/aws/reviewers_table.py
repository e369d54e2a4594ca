"""The table `reviewers`: work done by day, agreement, disagreements."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.aws.attribute_values import item_of, plain
from handlers.aws.review_transactions import DISAGREEMENT
from handlers.domain.errors import LedgerUnavailable
from handlers.domain.ledger.schema import ReviewerAttribute
from handlers.domain.review.tallies import AGREEMENT, DAY, KNOWN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ReviewersTable:
    """Reads; what is counted is written with each decision."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def decided_on(self, day: str, reviewer: str) -> int:
        """Raises: LedgerUnavailable."""
        return int(self._get(f"{DAY}#{day}", reviewer).get(ReviewerAttribute.DECIDED, 0))

    def agreement(self) -> list[dict[str, Any]]:
        """Records by reviewer and class. Raises: LedgerUnavailable."""
        return list(self._all(AGREEMENT))

    def known_results(self) -> list[dict[str, Any]]:
        """Records by reviewer and true class. Raises: LedgerUnavailable."""
        return list(self._all(KNOWN))

    def disagreements(self, most: int) -> list[dict[str, Any]]:
        """The newest first. Raises: LedgerUnavailable."""
        found = []
        for record in self._all(DISAGREEMENT, newest_first=True):
            found.append(record)
            if len(found) == most:
                break
        return found

    def _get(self, kind: str, name: str) -> dict[str, Any]:  # Any: as stored
        try:
            found = self._dynamodb.get_item(
                TableName=self._table,
                Key=item_of({ReviewerAttribute.KIND: kind, ReviewerAttribute.NAME: name}),
            )
        except (BotoCoreError, ClientError) as error:
            raise LedgerUnavailable(f"the reviewers' table does not answer: {error}") from error
        return plain(found.get("Item", {}))

    def _all(self, kind: str, *, newest_first: bool = False) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=f"{ReviewerAttribute.KIND} = :kind",
            ExpressionAttributeValues=item_of({":kind": kind}),
            ScanIndexForward=not newest_first,
        )
        try:
            for page in pages:
                yield from map(plain, page["Items"])
        except (BotoCoreError, ClientError) as error:
            raise LedgerUnavailable(f"the reviewers' table does not answer: {error}") from error
