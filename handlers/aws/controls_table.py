"""The table `controls`: what operators have set, read by the workflow and by the command line."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from handlers.aws.dynamodb import item_of, plain, response_of, succeeds
from handlers.domain.controls import (
    BREAKER,
    INTAKE,
    THRESHOLD,
    BreakerControl,
    Controls,
    IntakeControl,
    ThresholdControl,
)
from handlers.domain.errors import LedgerUnavailable
from handlers.domain.ledger.schema import ControlAttribute

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NAMES = (INTAKE, THRESHOLD, BREAKER)


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

    def open_breaker(self, *, now: str, reason: str) -> bool:
        """Open the breaker; False if it is open already, since when is kept."""
        name = ControlAttribute.OPEN
        return self._put_breaker(
            BreakerControl(is_open=True, since=now, reason=reason),
            condition=f"attribute_not_exists(#{name}) OR #{name} = :seen",
            names={f"#{name}": name},
            values={":seen": False},
        )

    def close_breaker(self, opened: BreakerControl, *, now: str) -> bool:
        """Close the breaker; False if it has changed since it was read."""
        name = ControlAttribute.SINCE
        return self._put_breaker(
            BreakerControl(is_open=False, since=now, reason=opened.reason),
            condition=f"#{name} = :seen",
            names={f"#{name}": name},
            values={":seen": opened.since},
        )

    def _put_breaker(
        self,
        breaker: BreakerControl,
        *,
        condition: str,
        names: dict[str, ControlAttribute],
        values: dict[str, object],
    ) -> bool:
        return succeeds(
            lambda: self._dynamodb.put_item(
                TableName=self._table,
                Item=item_of(breaker.to_item()),
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=item_of(values),
            )
        )


CONTROLS_MAX_AGE_S = 5.0  # after this time, a changed control is in force in every warm function


class CachedControls:
    """The controls as a function reads them: at most once in `CONTROLS_MAX_AGE_S`."""

    def __init__(
        self, read: Callable[[], Controls], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._read_at = float("-inf")
        self._controls = Controls()

    def current(self) -> Controls:
        """Return the controls. Raises: LedgerUnavailable."""
        now = self._clock()
        if now - self._read_at >= CONTROLS_MAX_AGE_S:
            self._controls, self._read_at = self._read(), now
        return self._controls
