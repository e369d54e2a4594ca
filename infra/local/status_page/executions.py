"""Reads histories of executions, and remembers those that have ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from infra.local.status_page.lru import LruCache
from infra.local.status_page.steps import Run, read_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_stepfunctions import SFNClient

_REMEMBERED = 2_000
_EVENTS_A_CALL = 1_000
_FRESH_S = 0.8


class ExecutionHistories:
    """Reads single executions. Thread-safe."""

    def __init__(
        self, stepfunctions: SFNClient, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stepfunctions = stepfunctions
        self._clock = clock
        errors = stepfunctions.exceptions
        self._unknown = (errors.ExecutionDoesNotExist, errors.InvalidArn)
        self._known: LruCache[tuple[float, Run]] = LruCache(_REMEMBERED)

    def run(self, arn: str) -> Run:
        """Return what an execution has done so far, at most a second late; empty if unknown."""
        if not arn:
            return Run()
        read_at_s, run = self._known.get(arn) or (float("-inf"), Run())
        if run.has_ended or self._clock() - read_at_s < _FRESH_S:
            return run
        try:
            run = read_run(events_of(self._stepfunctions, arn))
        except self._unknown:
            run = Run()
        self._known.put(arn, (self._clock(), run))
        return run

    def description(self, arn: str) -> dict[str, Any] | None:  # Any: a service's response
        """Return input, status and times of an execution; None if it is unknown."""
        if not arn:
            return None
        try:
            return dict(self._stepfunctions.describe_execution(executionArn=arn))
        except self._unknown:
            return None


def events_of(stepfunctions: SFNClient, arn: str) -> Iterator[Any]:  # Any: a service's response
    """Yield the history of an execution, without the states' data."""
    pages = stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=arn,
        includeExecutionData=False,
        PaginationConfig={"PageSize": _EVENTS_A_CALL},
    )
    for page in pages:
        yield from page["events"]
