"""Patches of the emulated Step Functions, which accepts more than AWS does.

Not patched, and therefore covered by other tests: the machine's TimeoutSeconds, and the roles of
the machine and of the rule.
"""

from __future__ import annotations

import json
import random
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from infra.local.emulator.patches import choices, paths
from infra.local.emulator.patches.replace import Record, Untyped, private, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Function: TypeAlias = Callable[..., Untyped]

_DATA_LIMIT_BYTES = 262_144
_UNCATCHABLE = ("States.Runtime", "States.DataLimitExceeded")
_THROTTLES = (
    "ReservedFunctionConcurrentInvocationLimitExceeded",
    "ConcurrentInvocationLimitExceeded",
)


def install() -> None:
    """Apply all patches of Step Functions.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    service = import_module("ministack.services.stepfunctions")
    failure = private(service, "_ExecutionError")
    executions = private(service, "_executions")
    respond = private(service, "json_response")
    replace(service, "_find_matching_retrier", "retriers error retry_counts", _limit_delay)
    replace(service, "_error_matches", "error_equals error", _do_not_catch)
    replace(service, "_add_event", "execution event_type details", _limit_size(failure))
    replace(service, "_call_lambda", "func_ref event", _name_throttles(failure))
    replace(service, "_start_execution", "data", _start_idempotently(executions, respond))
    paths.install(service)
    choices.install(service)


def _limit_delay(original: Function) -> Function:
    """Honour MaxDelaySeconds and JitterStrategy, which the emulator ignores."""

    def find(retriers: list[Record], error: str, retry_counts: dict[int, int]) -> Untyped:
        retrier, index = original(retriers, error, retry_counts)
        if retrier is None:
            return retrier, index
        backoff = retrier.get("BackoffRate", 2.0) ** retry_counts.get(index, 0)
        delay_s = retrier.get("IntervalSeconds", 1) * backoff
        delay_s = min(delay_s, retrier.get("MaxDelaySeconds", delay_s))
        if retrier.get("JitterStrategy") == "FULL":
            delay_s = random.uniform(0, delay_s)  # noqa: S311 # spreads retries, protects no secret
        return {**retrier, "IntervalSeconds": delay_s, "BackoffRate": 1.0}, index

    return find


def _do_not_catch(original: Function) -> Function:
    """States.ALL and States.TaskFailed do not match errors that AWS does not let a state catch."""

    def matches(error_equals: list[str], error: str) -> bool:
        if error in _UNCATCHABLE:
            return error in error_equals
        return bool(original(error_equals, error))

    return matches


def _limit_size(failure: Function) -> Callable[[Function], Function]:
    """End an execution in which a result or a state exceeds AWS's limit of data."""

    def wrap(original: Function) -> Function:
        def add(execution: Record, event_type: str, details: Record | None = None) -> Untyped:
            for detail in (details or {}).values():
                output = detail.get("output", "") if isinstance(detail, dict) else ""
                if len(output) > _DATA_LIMIT_BYTES and size_on_aws(output) > _DATA_LIMIT_BYTES:
                    raise failure(
                        "States.DataLimitExceeded",
                        "The state/task returned a result with a size exceeding the maximum "
                        "number of bytes service limit.",
                    )
            return original(execution, event_type, details)

        return add

    return wrap


def size_on_aws(output: str) -> int:
    """Return the size in bytes of a JSON text as AWS writes it: no blanks, UTF-8 not escaped."""
    return len(json.dumps(json.loads(output), ensure_ascii=False, separators=(",", ":")).encode())


def _name_throttles(failure: Function) -> Callable[[Function], Function]:
    """A throttled call is Lambda.TooManyRequestsException for a Retry, not Lambda.Unknown."""

    def wrap(original: Function) -> Function:
        def call(func_ref: Untyped, event: Untyped) -> Untyped:
            try:
                return original(func_ref, event)
            except failure as error:  # type: ignore[misc] # a class, but of a module without types
                if error.error == "Lambda.Unknown" and any(t in error.cause for t in _THROTTLES):
                    error.error = "Lambda.TooManyRequestsException"
                raise

        return call

    return wrap


def _start_idempotently(
    executions: Mapping[str, Record], respond: Function
) -> Callable[[Function], Function]:
    """Return the running execution to a start with its name and input, as AWS does."""

    def wrap(original: Function) -> Function:
        def start(data: Record) -> Untyped:
            response = original(data)
            status, _, body = response
            refusal = {} if status == 200 else json.loads(body)
            if refusal.get("__type") != "ExecutionAlreadyExists":
                return response
            arn = refusal["message"].split("'")[1]
            execution = executions[arn]
            if execution["status"] == "RUNNING" and execution["input"] == data.get("input", "{}"):
                return respond({"executionArn": arn, "startDate": execution["startDate"]})
            return response

        return start

    return wrap
