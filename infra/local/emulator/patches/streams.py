"""Correction of table streams: a batch of which one record failed comes again, as on AWS.

The emulator reads `batchItemFailures` for queues only, and would lose what a stream's function
reports as failed. AWS goes on at the failed record; here the whole batch comes again, which a
function must bear anyway.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Record, Untyped, replace

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Apply the correction."""
    service = import_module("ministack.services.lambda_svc")
    replace(service, "_execute_function", "func event", _failing)


def _failing(original: Callable[..., Record]) -> Callable[..., Record]:
    def execute(func: Record, event: Untyped) -> Record:
        result = original(func, event)
        return as_failed(event, result) if isinstance(event, dict) else result

    return execute


def as_failed(event: Record, result: Record) -> Record:
    """The result of an invocation, as an error where a record of a stream was not processed."""
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
