"""How long photos took, from the ledger's own times."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from monitoring.report.check import rounded
from monitoring.report.facts import PhotoFacts

Json = dict[str, Any]


def latency(photos: Sequence[PhotoFacts]) -> Json:
    """Seconds from ledger times: to the machine's outcome, and from the queue to the verdict."""
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
    return {"machine": _times(machine), "review": _times(people)}


def _seconds(start: datetime | None, end: datetime | None) -> float:
    elapsed = end - start if start and end else timedelta(0)
    return max(0.0, elapsed.total_seconds())


def _times(seconds: Sequence[float]) -> Json:
    if not seconds:
        return {"n": 0, "p50": None, "p95": None, "p99": None, "longest": None}
    levels = np.quantile(seconds, [0.5, 0.95, 0.99, 1])
    names = ("p50", "p95", "p99", "longest")
    return {"n": len(seconds)} | {
        name: rounded(float(value)) for name, value in zip(names, levels, strict=True)
    }
