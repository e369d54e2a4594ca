"""Records as DynamoDB attribute values, for writes that the state machine makes itself."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from boto3.dynamodb.types import TypeSerializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


def attribute_map(values: Mapping[str, object]) -> "AttributeValueTypeDef":
    """`{"a": 0.5}` becomes `{"M": {"a": {"N": "0.5"}}}`."""
    return TypeSerializer().serialize(_exact(values))


def _exact(value: object) -> object:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {name: _exact(item) for name, item in value.items()}
    return value
