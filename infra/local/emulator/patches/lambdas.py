"""Patches of the emulated Lambda: bounded workers, AWS's error names, short waits for logs."""

from __future__ import annotations

import functools
import threading
from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Record, Untyped, changed, replace

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG_WAIT_S = 0.004
_RAISED = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")'
)
# "ok" because the emulator kills a worker that reports an error: the next call would start cold.
_REPORTED = (
    '_real_stdout.write(json.dumps({"status": "ok", "raised": {"errorMessage": str(e), '
    '"errorType": type(e).__name__, "stackTrace": traceback.format_tb(e.__traceback__)}}) + "\\n")'
)
_SCRIPT = "_PYTHON_WORKER_SCRIPT"
_DIED = "Worker process died"


class ConcurrencyLimits:
    """One semaphore for each function: at most `limit` calls run, the others wait."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._semaphores: dict[str, threading.Semaphore] = {}
        self._lock = threading.Lock()

    def of(self, function: str) -> threading.Semaphore:
        """Return the semaphore of a function, the same one for every caller."""
        with self._lock:
            return self._semaphores.setdefault(function, threading.Semaphore(self._limit))


class _Raised(str):
    """The message of a handler's exception, with the whole error for `_name_errors`."""

    __slots__ = ("error",)
    error: Record


def install(workers: int) -> None:
    """Apply all patches of Lambda; at most `workers` processes serve one function.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    service = import_module("ministack.services.lambda_svc")
    runtime = import_module("ministack.core.lambda_runtime")
    workflows = import_module("ministack.services.stepfunctions")
    replace(
        service,
        "_execute_function_warm",
        "func event request_id",
        _limit_concurrency(ConcurrencyLimits(workers)),
    )
    replace(service, "_execute_function_warm", "func event request_id", _name_errors)
    replace(
        workflows,
        "_invoke_resource_with_timeout",
        "resource input_data timeout",
        _queue_before_timeout(ConcurrencyLimits(workers)),
    )
    replace(
        runtime.Worker,
        "invoke",
        "self event request_id trace_id depth durable invoked_function_arn",
        _raise_errors,
    )
    replace(
        runtime.Worker,
        "_drain_stderr_bounded",
        "self first_line_wait idle_confirm hard_cap",
        _shorten_log_wait,
    )
    script = getattr(runtime, _SCRIPT)
    if script.count(_RAISED) != 1:
        raise changed(runtime, _SCRIPT, "to report exceptions in one known line")
    setattr(runtime, _SCRIPT, script.replace(_RAISED, _REPORTED))


def _limit_concurrency(
    limits: ConcurrencyLimits,
) -> Callable[[Callable[..., Record]], Callable[..., Record]]:
    """Without a limit, a burst of photos would start a Python process for each photo."""

    def wrap(original: Callable[..., Record]) -> Callable[..., Record]:
        def execute(func: Record, event: Untyped, request_id: str) -> Record:
            with limits.of((func.get("config") or func)["FunctionName"]):
                return original(func, event, request_id)

        # `replace` checks the parameters, and this function is wrapped twice.
        return functools.wraps(original)(execute)

    return wrap


def _queue_before_timeout(
    limits: ConcurrencyLimits,
) -> Callable[[Callable[..., Untyped]], Callable[..., Untyped]]:
    """Queue for a worker before a task's TimeoutSeconds starts: AWS has no such queue."""

    def wrap(original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def invoke(resource: str, input_data: Untyped, timeout: float) -> Untyped:
            if "states:::lambda:invoke" not in resource:
                return original(resource, input_data, timeout)
            function = str(input_data["FunctionName"]).rpartition(":function:")[2]
            with limits.of(function.partition(":")[0]):
                return original(resource, input_data, timeout)

        return invoke

    return wrap


def _shorten_log_wait(original: Callable[..., str]) -> Callable[..., str]:
    """Wait 4 ms instead of 50 ms for the log of a handler that logs nothing."""

    def drain(self: Untyped, **options: float) -> str:
        return original(self, **{"first_line_wait": _LOG_WAIT_S, **options})

    return drain


def _raise_errors(original: Callable[..., Record]) -> Callable[..., Record]:
    """Turn what the worker script reports (see `_REPORTED`) into an error; keep the worker."""

    def invoke(self: Untyped, event: Untyped, request_id: str, **options: Untyped) -> Record:
        response = original(self, event, request_id, **options)
        raised = response.get("raised")
        if raised is None:
            return response
        message = _Raised(raised["errorMessage"])
        message.error = {**raised, "requestId": request_id}
        trace = "".join(raised["stackTrace"]) + f"{raised['errorType']}: {message}"
        return {**response, "status": "error", "error": message, "trace": trace}

    return invoke


def _name_errors(original: Callable[..., Record]) -> Callable[..., Record]:
    """Name an error as AWS does: the exception's class, or Runtime.ExitError for a dead process."""

    def execute(func: Record, event: Untyped, request_id: str) -> Record:
        result = original(func, event, request_id)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict):
            message = body.get("errorMessage")
            if isinstance(message, _Raised):
                result["body"] = message.error
            elif message == _DIED:
                result["body"] = {**body, "errorType": "Runtime.ExitError"}
        return result

    return execute
