"""Reads of the table `reviewers`: verdicts by day, agreement, known results, disagreements."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.aws.dynamodb import item_of, plain
from handlers.aws.review_transactions import DISAGREEMENT
from handlers.domain.errors import LedgerUnavailable
from handlers.domain.ledger.schema import ReviewerAttribute
from handlers.domain.review.tallies import AGREEMENT, DAY, KNOWN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ReviewersTable:
    """Reads the counters that decisions write. All methods raise LedgerUnavailable."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def decided_on(self, day: str, reviewer: str) -> int:
        """Return the reviewer's number of verdicts on a day, `2026-11-22` in UTC."""
        return int(self._get(f"{DAY}#{day}", reviewer).get(ReviewerAttribute.DECIDED, 0))

    def agreement(self) -> list[dict[str, Any]]:
        """Return the records of agreement, by reviewer and verdict."""
        return list(self._all(AGREEMENT))

    def known_results(self) -> list[dict[str, Any]]:
        """Return the records of known items, by reviewer and true verdict."""
        return list(self._all(KNOWN))

    def disagreements(self, most: int) -> list[dict[str, Any]]:
        """Return at most `most` disagreements, the newest first."""
        return list(islice(self._all(DISAGREEMENT, newest_first=True), most))

    def _get(self, kind: str, name: str) -> dict[str, Any]:  # Any: as stored
        try:
            response = self._dynamodb.get_item(
                TableName=self._table,
                Key=item_of({ReviewerAttribute.KIND: kind, ReviewerAttribute.NAME: name}),
            )
        except (BotoCoreError, ClientError) as error:
            raise LedgerUnavailable(f"the reviewers table cannot be read: {error}") from error
        return plain(response.get("Item", {}))

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
            raise LedgerUnavailable(f"the reviewers table cannot be read: {error}") from error
