"""Patches table streams: a batch with a failed record is delivered again, as on AWS.

The emulator reads `batchItemFailures` for queues only, and would lose the records that a stream's
function reports as failed. AWS continues at the failed record; here the whole batch is delivered
again, which a function must tolerate anyway.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Record, Untyped, replace

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Apply the patch.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    service = import_module("ministack.services.lambda_svc")
    replace(service, "_execute_function", "func event", _fail_batches)


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
