"""Earlier results of the same checks: whether a change persists, and since when."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitoring.report.checks.check import Check
from monitoring.report.records.inputs import HistoryRow, Window
from monitoring.statistics.severity import PERSISTENCE

_DAY = timedelta(days=1)
_CLOCK_CHANGE = timedelta(hours=1)


def recently_watched(history: Sequence[HistoryRow], window: Window) -> list[Mapping[str, int]]:
    """Return check → direction of the windows that count for persistence, newest last.

    A window that rests on a week overlaps its neighbours, so it counts as quiet; so does a day
    without a report.
    """
    span = max(window.end - window.start, _DAY)
    earliest = window.start - (PERSISTENCE - 1) * span - _CLOCK_CHANGE
    recent = [row for row in history if datetime.fromisoformat(row.start) >= earliest]
    return [{} if row.rolled else row.watched for row in recent[-(PERSISTENCE - 1) :]]


def with_since(
    checks: Iterable[Check], history: Sequence[HistoryRow], window: Window
) -> Iterator[Check]:
    """Yield the checks; tested ones that are WATCH or ACT get `since` and `days`."""
    for check in checks:
        if not check.is_loud or not check.test:
            yield check
            continue
        since, days = _run(check, history, window)
        yield replace(check, since=since.strftime("%Y-%m-%dT%H:%M:%SZ"), days=days)


def _run(check: Check, history: Sequence[HistoryRow], window: Window) -> tuple[datetime, int]:
    """Return start and length of the run of adjacent windows with the same change."""
    since, days = window.start, 1
    for row in reversed(history):
        is_adjacent = datetime.fromisoformat(row.end) >= since - _CLOCK_CHANGE
        if not is_adjacent or row.watched.get(check.key) != check.direction:
            break
        since, days = min(since, datetime.fromisoformat(row.start)), days + 1
    return since, days
