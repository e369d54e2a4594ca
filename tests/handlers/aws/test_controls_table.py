"""The controls: what is written is read, and what cannot be read is never taken for normal."""

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from handlers.aws.controls_table import CONTROLS_MAX_AGE_S, CachedControls, ControlsTable
from handlers.aws.dynamodb import item_of
from handlers.domain.controls import INTAKE, THRESHOLD, Controls, IntakeControl, ThresholdControl
from handlers.domain.errors import LedgerUnavailable
from handlers.domain.ledger.schema import CONTROLS
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "controls"
CHANGE: dict[str, Any] = {"since": "2026-11-30T20:00:00.000Z", "by": "anna", "reason": "drill"}


@pytest.fixture
def dynamodb(aws: None) -> "DynamoDBClient":
    del aws
    client = boto3.client("dynamodb")
    create_table(client, CONTROLS, TABLE)
    return client


@pytest.fixture
def controls(dynamodb: "DynamoDBClient") -> ControlsTable:
    return ControlsTable(dynamodb, table=TABLE)


def test_without_items_everything_is_normal(controls: ControlsTable) -> None:
    assert controls.read() == Controls()
    assert not controls.read().intake.paused
    assert controls.read().threshold == ThresholdControl(override="")


def test_what_was_written_is_read(controls: ControlsTable) -> None:
    paused = IntakeControl(paused=True, **CHANGE)
    stopped = ThresholdControl(override='{"threshold": 1.0}', **CHANGE)
    controls.write(paused)
    controls.write(stopped)
    assert controls.read() == Controls(intake=paused, threshold=stopped)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"name": THRESHOLD}, Controls(threshold=None, unreadable=(THRESHOLD,))),
        (
            {"name": THRESHOLD, "override": 1, **CHANGE},
            Controls(threshold=None, unreadable=(THRESHOLD,)),
        ),
        (
            {"name": THRESHOLD, "override": "", "stop": True},
            Controls(threshold=None, unreadable=(THRESHOLD,)),
        ),
        (
            {"name": THRESHOLD, "override": "", "since": 5},
            Controls(threshold=None, unreadable=(THRESHOLD,)),
        ),
        ({"name": INTAKE, "paused": "true"}, Controls(unreadable=(INTAKE,))),
        ({"name": INTAKE, "paused": True, "Reason": "x"}, Controls(unreadable=(INTAKE,))),
    ],
)
def test_an_unreadable_item_is_named_and_replaced_by_what_harms_least(
    dynamodb: "DynamoDBClient",
    controls: ControlsTable,
    item: dict[str, object],
    expected: Controls,
) -> None:
    dynamodb.put_item(TableName=TABLE, Item=item_of(item))
    assert controls.read() == expected


def test_a_throttled_read_is_an_error_and_not_the_normal_state(
    dynamodb: "DynamoDBClient", controls: ControlsTable
) -> None:
    with Stubber(dynamodb) as stubber:
        stubber.add_client_error("batch_get_item", "ProvisionedThroughputExceededException")
        stubber.add_response(
            "batch_get_item",
            {
                "Responses": {TABLE: []},
                "UnprocessedKeys": {TABLE: {"Keys": [item_of({"name": THRESHOLD})]}},
            },
        )
        for _ in range(2):
            with pytest.raises(LedgerUnavailable):
                controls.read()


def test_an_open_breaker_keeps_when_it_was_opened(controls: ControlsTable) -> None:
    assert controls.open_breaker(now="2026-11-30T20:00:00.000Z", reason="down")
    assert not controls.open_breaker(now="2026-11-30T20:01:00.000Z", reason="other")
    breaker = controls.read().breaker
    assert (breaker.is_open, breaker.since, breaker.reason) == (
        True,
        "2026-11-30T20:00:00.000Z",
        "down",
    )


def test_only_the_breaker_that_was_seen_is_closed(controls: ControlsTable) -> None:
    controls.open_breaker(now="2026-11-30T20:00:00.000Z", reason="down")
    seen = controls.read().breaker
    assert controls.close_breaker(seen, now="2026-11-30T20:02:00.000Z")
    controls.open_breaker(now="2026-11-30T20:03:00.000Z", reason="down again")
    assert not controls.close_breaker(seen, now="2026-11-30T20:04:00.000Z")
    assert controls.read().breaker.is_open


def test_an_unreadable_breaker_is_closed_and_named(
    controls: ControlsTable, dynamodb: "DynamoDBClient"
) -> None:
    dynamodb.put_item(TableName=TABLE, Item=item_of({"name": "breaker", "open": "yes"}))
    assert controls.read() == Controls(unreadable=("breaker",))


def test_cached_controls_are_read_again_after_seconds() -> None:
    now = 0.0
    reads = 0

    def read() -> Controls:
        nonlocal reads
        reads += 1
        return Controls(intake=IntakeControl(paused=reads > 1))

    cached = CachedControls(read, clock=lambda: now)
    assert not cached.current().intake.paused
    now = CONTROLS_MAX_AGE_S - 0.1
    assert not cached.current().intake.paused
    now = CONTROLS_MAX_AGE_S
    assert cached.current().intake.paused
