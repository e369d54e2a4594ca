"""DynamoDB attribute values: for writes that the state machine makes, and for rows read back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


def attribute_map(values: Mapping[str, object]) -> "AttributeValueTypeDef":
    """`{"a": 0.5}` becomes `{"M": {"a": {"N": "0.5"}}}`."""
    return TypeSerializer().serialize(_exact(values))


def item_of(values: Mapping[str, object]) -> "dict[str, AttributeValueTypeDef]":
    """`{"a": 0.5}` becomes `{"a": {"N": "0.5"}}`: an item, a key, or values of an expression."""
    return {name: TypeSerializer().serialize(_exact(value)) for name, value in values.items()}


def plain(item: "Mapping[str, AttributeValueTypeDef]") -> dict[str, Any]:  # Any: as stored
    """`{"a": {"N": "0.5"}}` becomes `{"a": Decimal("0.5")}`."""
    deserializer = TypeDeserializer()
    return {name: deserializer.deserialize(value) for name, value in item.items()}


def _exact(value: object) -> object:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {name: _exact(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    return value
