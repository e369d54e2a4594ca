"""The ledger's table under moto, with the indexes that its readers walk."""

from typing import Any

import boto3

INDEXES = {
    "by_hour": ("received_hour", "received_at"),
    "by_pending": ("pending", "claimed_at"),
    "by_review": ("review", "received_at"),
}


def create_photos_table(name: str = "photos") -> None:
    """Keys and indexes as the stack has them."""
    keys = {"photo_id", *(key for pair in INDEXES.values() for key in pair)}
    indexes: list[Any] = [  # Any: the stubs know these only as literals
        {
            "IndexName": index,
            "KeySchema": _keys(*pair),
            "Projection": {"ProjectionType": "ALL"},
        }
        for index, pair in INDEXES.items()
    ]
    definitions: list[Any] = [{"AttributeName": key, "AttributeType": "S"} for key in sorted(keys)]
    boto3.client("dynamodb", region_name="us-east-1").create_table(
        TableName=name,
        KeySchema=_keys("photo_id"),
        AttributeDefinitions=definitions,
        GlobalSecondaryIndexes=indexes,
        BillingMode="PAY_PER_REQUEST",
    )


def _keys(partition: str, sort: str | None = None) -> Any:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}]
    return keys + ([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else [])
