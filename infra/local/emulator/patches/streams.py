"""Patches table streams: no change is lost, in a failed batch or over a restart.

The emulator reads `batchItemFailures` for queues only, and would lose the records that a stream's
function reports as failed. AWS continues at the failed record; here the whole batch is delivered
again, which a function must tolerate anyway.

The emulator saves how far a function has read and not what it has read, so that after a restart as
many changes would be skipped as the stage had seen before. Here the records that are not read yet
are saved as well; those that every function has read are forgotten at once.
"""

from __future__ import annotations

import copy
from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Record, Untyped, private, replace

if TYPE_CHECKING:
    from collections.abc import Callable

_SAVED = ("_stream_records", "_stream_trimmed")


def install() -> None:
    """Apply the patches.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    functions = import_module("ministack.services.lambda_svc")
    tables = import_module("ministack.services.dynamodb")
    replace(functions, "_execute_function", "func event", _fail_batches)
    replace(functions, "_poll_dynamodb_streams", "", _forget_read(functions, tables))
    saved = {name: private(tables, name) for name in _SAVED}
    replace(tables, "get_state", "", _save(saved))
    replace(tables, "_restore_state", "data", _restore(saved))


def _fail_batches(original: Callable[..., Record]) -> Callable[..., Record]:
    def execute(func: Record, event: Untyped) -> Record:
        result = original(func, event)
        return failed_batch(event, result) if isinstance(event, dict) else result

    return execute


def failed_batch(event: Record, result: Record) -> Record:
    """Return the result of an invocation, as an error if it reports failed records of a stream."""
    records = event.get("Records") or [{}]
    body = result.get("body")
    if (
        records[0].get("eventSource") != "aws:dynamodb"
        or not isinstance(body, dict)
        or not body.get("batchItemFailures")
    ):
        return result
    failures = body["batchItemFailures"]
    error = {"errorType": "BatchItemFailures", "errorMessage": f"{failures} were not processed"}
    return {**result, "error": True, "body": error}


def _save(saved: Record) -> Callable[[Callable[[], Record]], Callable[[], Record]]:
    def wrap(original: Callable[[], Record]) -> Callable[[], Record]:
        return lambda: original() | {name: copy.deepcopy(data) for name, data in saved.items()}

    return wrap


def _restore(saved: Record) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def wrap(original: Callable[..., None]) -> Callable[..., None]:
        def restore(data: Record | None) -> None:
            original(data)
            for name, store in saved.items():
                store.update((data or {}).get(name, {}))

        return restore

    return wrap


def _forget_read(
    functions: Untyped, tables: Untyped
) -> Callable[[Callable[[], bool]], Callable[[], bool]]:
    """Forget what has been read, after each poll; before it, correct impossible positions."""
    mappings = private(functions, "_esms")
    positions = private(functions, "_dynamodb_stream_positions")
    records = private(tables, "_stream_records")
    trimmed = private(tables, "_stream_trimmed")

    def wrap(original: Callable[[], bool]) -> Callable[[], bool]:
        def poll() -> bool:
            _start_again(mappings.all_items(), positions, records, trimmed)
            result = original()
            _forget(mappings.all_items(), positions, records, trimmed)
            return result

        return poll

    return wrap


def _start_again(mappings: Untyped, positions: Untyped, records: Untyped, trimmed: Untyped) -> None:
    """Read a stream from its start where a state of another build has a position beyond its end."""
    for (account, region, name), mapping in mappings:
        table = table_of(mapping)
        start = trimmed.get_scoped(account, region, table, 0)
        end = start + len(records.get_scoped(account, region, table) or [])
        if positions.get_scoped(account, region, name, 0) > end:
            positions.set_scoped(account, region, name, start)


def _forget(mappings: Untyped, positions: Untyped, records: Untyped, trimmed: Untyped) -> None:
    read: dict[tuple[str, str, str], int] = {}
    for (account, region, name), mapping in mappings:
        stream = (account, region, table_of(mapping))
        position = positions.get_scoped(account, region, name, 0)
        read[stream] = min(position, read.get(stream, position))
    for (account, region, table), position in read.items():
        start = trimmed.get_scoped(account, region, table, 0)
        if position > start:
            # In this order: what is appended meanwhile goes at the end of the same list.
            del records.get_scoped(account, region, table)[: position - start]
            trimmed.set_scoped(account, region, table, position)


def table_of(mapping: Record) -> str:
    """Return the table whose stream an event source mapping reads; empty if it reads a queue."""
    source: str = mapping.get("EventSourceArn", "")
    table, is_stream, _ = source.partition("/stream/")
    return table.rpartition("/")[2] if is_stream else ""
