"""Stops the intake of a stage and waits for the photos that are in progress."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from infra.operations.controls import pause_or_resume
from infra.operations.status import overview

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.operations.target import Target

_POLL_S = 2.0
REASON = "the stage is being destroyed"


def stop_intake(target: Target, *, at_most_s: float, show: Callable[[str], None]) -> int:
    """Let new photos wait, and return how many are still in progress after a while.

    Raises: OutdatedStack, LedgerUnavailable, ClientError, BotoCoreError.
    """
    pause_or_resume(target, paused=True, reason=REASON, now=datetime.now(UTC))
    show("intake is paused; waiting for photos in progress")
    end = time.monotonic() + at_most_s
    while (in_progress := _in_progress(target)) and time.monotonic() < end:
        time.sleep(_POLL_S)
    return in_progress


def _in_progress(target: Target) -> int:
    """Return the running executions; of Express machines the unfinished photos of a day."""
    state = overview(target, now=datetime.now(UTC))
    if state.executions_running is not None:
        return state.executions_running
    return max(0, state.in_flight - state.parked)
