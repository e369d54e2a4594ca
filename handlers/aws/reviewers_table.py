"""Reads of the table `reviewers`: verdicts by day, agreement, known results, disagreements."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
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


_OF_DISAGREEMENT = (
    ReviewerAttribute.PHOTO_ID,
    ReviewerAttribute.FIRST_BY,
    ReviewerAttribute.FIRST_VERDICT,
    ReviewerAttribute.SECOND_BY,
    ReviewerAttribute.SECOND_VERDICT,
    ReviewerAttribute.DECIDED_AT,
)


class ReviewersTable:
    """Reads the counters that decisions write. All methods raise LedgerUnavailable.

    Records that cannot be read are left out.
    """

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def decided_on(self, day: str, reviewer: str) -> int:
        """Return the reviewer's number of verdicts on a day, `2026-11-22` in UTC."""
        decided = self._get(f"{DAY}#{day}", reviewer).get(ReviewerAttribute.DECIDED, 0)
        return int(decided) if isinstance(decided, int | Decimal) else 0

    def agreement(self) -> list[dict[str, Any]]:
        """Return the records of agreement, by reviewer and verdict."""
        return list(_sound(self._all(AGREEMENT), numbers=("pairs", "agreed")))

    def known_results(self) -> list[dict[str, Any]]:
        """Return the records of known items, by reviewer and true verdict."""
        return list(_sound(self._all(KNOWN), numbers=("shown", "right")))

    def disagreements(self, most: int) -> list[dict[str, Any]]:
        """Return at most `most` disagreements, the newest first."""
        records = _sound(self._all(DISAGREEMENT, newest_first=True), texts=_OF_DISAGREEMENT)
        return list(islice(records, most))

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


def _sound(
    records: Iterable[dict[str, Any]], *, numbers: Iterable[str] = (), texts: Iterable[str] = ()
) -> Iterator[dict[str, Any]]:
    """Yield the records that have these attributes with their types."""
    kinds = dict.fromkeys(numbers, Decimal) | dict.fromkeys(texts, str)
    for record in records:
        if all(isinstance(record.get(name), kind) for name, kind in kinds.items()):
            yield record
