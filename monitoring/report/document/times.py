"""Times as the document states them: in UTC, in the window's time zone, and as durations."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from monitoring.report.records.figures import rounded
from monitoring.report.records.inputs import Window
from monitoring.report.records.photo import PhotoFacts

HOUR = timedelta(hours=1)


def iso(moment: datetime) -> str:
    """Format in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(moment: datetime, window: Window, form: str) -> str:
    """Format in the window's time zone; `form` as in strftime."""
    return moment.astimezone(_zone(window)).strftime(form)


def hours_of(window: Window) -> list[datetime]:
    """Return the starts of the window's hours, UTC: 23 or 25 where the clocks change."""
    start = window.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    count = -(-(window.end - start) // HOUR)
    return [start + i * HOUR for i in range(count)]


def label_of(window: Window) -> str:
    """Name a whole day by its date, any other window by both its ends."""
    start, end = (moment.astimezone(_zone(window)) for moment in (window.start, window.end))
    midnights = start.hour == start.minute == end.hour == end.minute == 0
    if midnights and (end.date() - start.date()).days == 1:
        return start.strftime("%A, %d %B %Y")
    return f"{start:%d %B %Y %H:%M} to {end:%d %B %Y %H:%M}"


def latency(photos: Sequence[PhotoFacts]) -> dict[str, Any]:
    """Return seconds to the automatic outcome, and from the queue to the reviewer's verdict."""
    machine = [
        _seconds(photo.received_at, photo.decided_at)
        for photo in photos
        if photo.review == "none" and photo.decided_at is not None
    ]
    people = [
        _seconds(photo.enqueued_at, photo.decided_at)
        for photo in photos
        if photo.review == "done" and photo.decided_at and photo.enqueued_at
    ]
    return {"machine": _quantiles(machine), "review": _quantiles(people)}


def _zone(window: Window) -> tzinfo:
    """UTC works without time zone data, which a Lambda package may lack."""
    return UTC if window.time_zone == "UTC" else ZoneInfo(window.time_zone)


def _seconds(start: datetime | None, end: datetime | None) -> float:
    elapsed = end - start if start and end else timedelta(0)
    return max(0.0, elapsed.total_seconds())


def _quantiles(seconds: Sequence[float]) -> dict[str, Any]:
    if not seconds:
        return {"n": 0, "p50": None, "p95": None, "p99": None, "longest": None}
    levels = np.quantile(seconds, [0.5, 0.95, 0.99, 1])
    names = ("p50", "p95", "p99", "longest")
    return {"n": len(seconds)} | {
        name: rounded(float(value)) for name, value in zip(names, levels, strict=True)
    }
