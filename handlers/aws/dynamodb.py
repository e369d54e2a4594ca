"""DynamoDB's attribute values, and calls whose errors are translated into domain terms."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import LedgerUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Response = TypeVar("Response")

# A condition did not hold, or another write of the same item was in progress.
_CONFLICTS = {
    "ConditionalCheckFailedException",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
}


_LEAST = 1e-130  # the smallest positive number of DynamoDB


class _Deserializer(TypeDeserializer):
    """Returns binary values as bytes: `str` of boto3's own class raises TypeError."""

    def _deserialize_b(self, value: bytes) -> bytes:
        return bytes(value)


def attribute_map(values: Mapping[str, object]) -> "AttributeValueTypeDef":
    """Serialize a map as one attribute: `{"a": 0.5}` → `{"M": {"a": {"N": "0.5"}}}`."""
    return TypeSerializer().serialize(_exact(values))


def item_of(values: Mapping[str, object]) -> "dict[str, AttributeValueTypeDef]":
    """Serialize an item, a key or values of an expression: `{"a": 0.5}` → `{"a": {"N": "0.5"}}`."""
    return {name: TypeSerializer().serialize(_exact(value)) for name, value in values.items()}


def plain(item: "Mapping[str, AttributeValueTypeDef]") -> dict[str, Any]:  # Any: as stored
    """Deserialize an item: `{"a": {"N": "0.5"}}` → `{"a": Decimal("0.5")}`."""
    deserializer = _Deserializer()
    return {name: deserializer.deserialize(value) for name, value in item.items()}


def succeeds(write: Callable[[], object]) -> bool:
    """Run a conditional write and return whether it was made; False if its condition failed.

    Raises: LedgerUnavailable.
    """
    with _translated_errors():
        try:
            write()
        except ClientError as error:
            if _code(error) not in _CONFLICTS:
                raise
            return False
    return True


def response_of(call: Callable[[], Response]) -> Response:
    """Run a call and return its response.

    Raises: LedgerUnavailable.
    """
    with _translated_errors():
        return call()


def responses_of(reads: Iterable[Response]) -> Iterator[Response]:
    """Yield what an iterator reads, such as the rows of an index.

    Raises: LedgerUnavailable, while it is iterated.
    """
    with _translated_errors():
        yield from reads


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise LedgerUnavailable(f"DynamoDB refused the call: {_code(error)}") from error
    except BotoCoreError as error:
        raise LedgerUnavailable(f"DynamoDB cannot be reached: {error}") from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _exact(value: object) -> object:
    """Replace floats, which boto3 refuses, by decimals of the same digits.

    A number nearer to zero than DynamoDB can hold becomes zero.
    """
    if isinstance(value, float):
        return Decimal(repr(value)) if abs(value) >= _LEAST else Decimal(0)
    if isinstance(value, Mapping):
        return {name: _exact(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    return value
