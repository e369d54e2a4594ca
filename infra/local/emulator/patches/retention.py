"""Patches what the emulator never forgets: executions, logs, events and figures of the past.

AWS keeps them for a time, in which a stage here would use up the memory of the machine. So the
newest ones are kept, by number. Photos, rows, messages and labels are never forgotten, but contents
of buckets are in files alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.emulator.patches.replace import Record, Untyped, private, replace

if TYPE_CHECKING:
    from collections.abc import Callable

EXECUTIONS = 1_000  # finished ones, with their histories
SAVED_EXECUTIONS = 100  # of these, in the state that a clean stop saves
LOG_STREAMS = 500  # of each group; each invocation of a function has one
EVENTS = 1_000
DATA_POINTS = 5_000  # of each metric
_RECENT_EVENTS = 4  # of an execution: a task's own, from its input to its output


def install() -> None:
    """Apply the patches.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    machines = import_module("ministack.services.stepfunctions")
    executions = private(machines, "_executions")
    for start in ("_start_execution", "_start_sync_execution"):
        replace(machines, start, "data", _then(lambda: forget_executions(executions, EXECUTIONS)))
    replace(machines, "get_state", "", _save_newest)
    replace(machines, "_add_event", "execution event_type details", _share_texts)
    buckets = import_module("ministack.services.s3")
    replace(buckets, "_version_entry_from_record", "obj version_id data", _without_content)
    functions = import_module("ministack.services.lambda_svc")
    groups = private(import_module("ministack.services.cloudwatch_logs"), "_log_groups")
    replace(
        functions,
        "_emit_lambda_logs",
        "func request_id log_text error duration_ms log_source",
        _then(lambda: forget_logs(groups)),
    )
    buses = import_module("ministack.services.eventbridge")
    replace(buses, "_events_log_list", "", _newest(EVENTS))
    figures = import_module("ministack.services.cloudwatch")
    replace(figures, "_metric_bucket", "key", _newest(DATA_POINTS))


def forget_executions(executions: Untyped, most: int) -> None:
    """Remove the finished executions that began first, but for the newest `most` ones."""
    finished = [key for key, record in executions.all_items() if record["status"] != "RUNNING"]
    for account, region, arn in finished[: max(0, len(finished) - most)]:
        executions.pop_scoped(account, region, arn, None)


def forget_logs(groups: Untyped) -> None:
    """Remove the oldest streams of each group of logs, but for `LOG_STREAMS`."""
    for _, group in groups.all_items():
        streams = group["streams"]
        for name in list(streams)[: max(0, len(streams) - LOG_STREAMS)]:
            streams.pop(name, None)


def _share_texts(original: Callable[..., Untyped]) -> Callable[..., Untyped]:
    """Keep one copy of a text that events repeat: the output of a state is the next one's input."""

    def add(execution: Record, event_type: str, details: Record | None = None) -> Untyped:
        recent = execution["events"][-_RECENT_EVENTS:]
        kept = {text: text for event in recent for _, _, text in _texts(event)}
        for detail, name, text in _texts(details or {}):
            detail[name] = kept.get(text, text)
        return original(execution, event_type, details)

    return add


def _texts(event: Record) -> list[tuple[Record, str, str]]:
    """Return inputs and outputs in the details of an event: where they are, and the text."""
    return [
        (detail, name, detail[name])
        for detail in event.values()
        if isinstance(detail, dict)
        for name in ("input", "output")
        if isinstance(detail.get(name), str)
    ]


def _without_content(original: Callable[..., Record]) -> Callable[..., Record]:
    """Leave an object's content out of the list of its versions: it is read from the file."""

    def entry(obj: Record, version_id: str, _data: bytes | None) -> Record:
        return original(obj, version_id, None)

    return entry


def _then(forget: Callable[[], None]) -> Callable[[Callable[..., Untyped]], Callable[..., Untyped]]:
    """Call `forget` after the function."""

    def wrap(original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def call(*arguments: Untyped, **options: Untyped) -> Untyped:
            result = original(*arguments, **options)
            forget()
            return result

        return call

    return wrap


def _newest(most: int) -> Callable[[Callable[..., list[Record]]], Callable[..., list[Record]]]:
    """Cut the list that the function returns, which its caller is about to append to."""

    def wrap(original: Callable[..., list[Record]]) -> Callable[..., list[Record]]:
        def cut(*arguments: Untyped) -> list[Record]:
            entries = original(*arguments)
            del entries[:-most]
            return entries

        return cut

    return wrap


def _save_newest(original: Callable[[], Record]) -> Callable[[], Record]:
    def state() -> Record:
        saved = original()
        forget_executions(saved["executions"], SAVED_EXECUTIONS)
        return saved

    return state
