"""The table `controls`: what operators have set, read by the workflow and by the command line."""

from typing import TYPE_CHECKING, Any

from handlers.aws.dynamodb import item_of, plain, response_of
from handlers.domain.controls import INTAKE, THRESHOLD, Controls, IntakeControl, ThresholdControl
from handlers.domain.errors import LedgerUnavailable
from handlers.domain.ledger.schema import ControlAttribute

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NAMES = (INTAKE, THRESHOLD)


class ControlsTable:
    """Reads all controls at once and writes each of them. All methods raise LedgerUnavailable."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def read(self) -> Controls:
        """Return all controls, read consistently in one request."""
        keys: list[Any] = [item_of({ControlAttribute.NAME: name}) for name in _NAMES]
        request: Any = {self._table: {"Keys": keys, "ConsistentRead": True}}
        response = response_of(lambda: self._dynamodb.batch_get_item(RequestItems=request))
        # DynamoDB throttles single keys of a batch without an error: not knowing is not normal.
        if response.get("UnprocessedKeys"):
            raise LedgerUnavailable("DynamoDB returned only a part of the controls")
        items = map(plain, response["Responses"].get(self._table, []))
        return Controls.from_items({item[ControlAttribute.NAME]: item for item in items})

    def write(self, control: IntakeControl | ThresholdControl) -> None:
        """Store a control in place of the one that was set."""
        response_of(
            lambda: self._dynamodb.put_item(TableName=self._table, Item=item_of(control.to_item()))
        )
