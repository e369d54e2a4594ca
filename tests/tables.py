"""Create tables under moto with the keys and indexes of the ledger's schema."""

from typing import TYPE_CHECKING, Any

import boto3

from handlers.domain.ledger.schema import PHOTOS, Attribute, TableSchema

if TYPE_CHECKING:
    from collections.abc import Iterable


def create_photos_table(name: str = "photos") -> None:
    """Create the table `Photos` under another name."""
    create_table(boto3.client("dynamodb", region_name="us-east-1"), PHOTOS, name)


def create_table(dynamodb: Any, schema: TableSchema, name: str) -> None:
    """Create one table of the schema under another name."""
    keys = {*schema.keys, *(key for index in schema.indexes for key in index.keys)}
    indexes = [
        {
            "IndexName": index.name,
            "KeySchema": _keys(index.keys),
            "Projection": {"ProjectionType": "ALL"}
            if index.projected is None
            else {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.projected)},
        }
        for index in schema.indexes
    ]
    dynamodb.create_table(
        TableName=name,
        KeySchema=_keys(schema.keys),
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": key.dynamodb_type} for key in sorted(keys)
        ],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    )


def _keys(attributes: "Iterable[Attribute]") -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(attributes, ("HASH", "RANGE"), strict=False)
    ]
