"""The emulator keeps what is past by number, and forgets no change that is not read yet."""

import json
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from infra.local.emulator.patches import retention, streams

# Any: the emulator has no types.
AccountRegionScopedDict: Any = import_module("ministack.core.responses").AccountRegionScopedDict
ACCOUNT, REGION = "000000000000", "us-east-1"


def scoped(**entries: Any) -> Any:
    """Return a store of the emulator, of its class."""
    store = AccountRegionScopedDict()
    for name, entry in entries.items():
        store.set_scoped(ACCOUNT, REGION, name, entry)
    return store


def names_in(store: Any) -> list[str]:
    return [name for (_, _, name), _ in store.all_items()]


def test_the_oldest_finished_executions_are_forgotten() -> None:
    executions = scoped(
        **{f"e{number}": {"status": "SUCCEEDED"} for number in range(6)},
        running={"status": "RUNNING"},
    )
    executions.set_scoped(ACCOUNT, REGION, "e1", {"status": "RUNNING"})
    retention.forget_executions(executions, 3)
    assert names_in(executions) == ["e1", "e3", "e4", "e5", "running"]
    retention.forget_executions(executions, 3)
    assert len(names_in(executions)) == 5


def test_the_oldest_streams_of_a_group_of_logs_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "LOG_STREAMS", 2)
    groups = scoped(g={"streams": {"a": 1, "b": 2, "c": 3}}, h={"streams": {"a": 1}})
    retention.forget_logs(groups)
    assert [list(group["streams"]) for _, group in groups.all_items()] == [["b", "c"], ["a"]]


def test_a_text_that_events_of_an_execution_repeat_is_kept_once() -> None:
    execution: dict[str, Any] = {"events": []}

    def original(execution: dict[str, Any], event_type: str, details: Any = None) -> None:
        execution["events"].append({"type": event_type, **(details or {})})

    add = retention._share_texts(original)
    add(execution, "TaskStateEntered", {"stateEnteredEventDetails": {"input": json.dumps([1])}})
    add(execution, "TaskScheduled", {"taskScheduledEventDetails": {"resource": "any"}})
    add(execution, "TaskStateExited", {"stateExitedEventDetails": {"output": json.dumps([2])}})
    add(execution, "PassStateEntered", {"stateEnteredEventDetails": {"input": json.dumps([2])}})
    add(execution, "PassStateExited", {"stateExitedEventDetails": {"output": json.dumps([1])}})
    entered, _, exited, next_entered, next_exited = execution["events"]
    first, second = (
        event["stateEnteredEventDetails"]["input"] for event in (entered, next_entered)
    )
    assert (first, second) == ("[1]", "[2]")
    assert exited["stateExitedEventDetails"]["output"] is second
    assert next_exited["stateExitedEventDetails"]["output"] is first


class Emulator:
    """The emulator's stores of one stream, and a poll that reads a batch of it."""

    def __init__(self, *, records: list[int], position: int, trimmed: int = 0) -> None:
        source = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/photos/stream/now"
        self.functions = SimpleNamespace(
            _esms=scoped(m={"EventSourceArn": source}, queue={"EventSourceArn": "arn:aws:sqs"}),
            _dynamodb_stream_positions=scoped(m=position),
        )
        self.tables = SimpleNamespace(
            _stream_records=scoped(photos=records), _stream_trimmed=scoped(photos=trimmed)
        )
        self.read: list[int] = []

    def poll(self) -> bool:
        trimmed = self.tables._stream_trimmed.get_scoped(ACCOUNT, REGION, "photos")
        records = self.tables._stream_records.get_scoped(ACCOUNT, REGION, "photos")
        positions = self.functions._dynamodb_stream_positions
        position = positions.get_scoped(ACCOUNT, REGION, "m")
        batch = records[position - trimmed :][:2]
        self.read += batch
        positions.set_scoped(ACCOUNT, REGION, "m", position + len(batch))
        return bool(batch)

    def run(self) -> list[int]:
        """Poll to the end; return the records that are left."""
        poll = streams._forget_read(self.functions, self.tables)(self.poll)
        while poll():
            pass
        left: list[int] = self.tables._stream_records.get_scoped(ACCOUNT, REGION, "photos")
        return left


def test_records_that_are_read_are_forgotten_and_each_is_read_once() -> None:
    emulator = Emulator(records=[1, 2, 3, 4, 5], position=0)
    assert emulator.run() == []
    assert emulator.read == [1, 2, 3, 4, 5]
    assert emulator.tables._stream_trimmed.get_scoped(ACCOUNT, REGION, "photos") == 5


def test_records_that_were_saved_unread_are_read_after_a_restart() -> None:
    emulator = Emulator(records=[6, 7], position=5, trimmed=5)
    emulator.run()
    assert emulator.read == [6, 7]


def test_a_position_of_a_state_without_records_skips_no_change() -> None:
    """The state of a former build: the position is that of a stream which is gone."""
    emulator = Emulator(records=[1, 2], position=80)
    emulator.run()
    assert emulator.read == [1, 2]
