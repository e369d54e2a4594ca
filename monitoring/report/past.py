"""What earlier reports said of the same checks: does a change last, and since when?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitoring.report.check import Check
from monitoring.report.facts import HistoryRow, Window
from monitoring.statistics.severity import PERSISTENCE, Severity

_DAY = timedelta(days=1)
_CLOCK_CHANGE = timedelta(hours=1)


def recently_watched(history: Sequence[HistoryRow], window: Window) -> list[Mapping[str, int]]:
    """Check → direction of the days that persistence is about, newest last.

    A window that rests on a week overlaps with its neighbours, and a day without a report is no
    day on which the check was loud: both count as quiet.
    """
    span = max(window.end - window.start, _DAY)
    earliest = window.start - (PERSISTENCE - 1) * span - _CLOCK_CHANGE
    recent = [row for row in history if _moment(row.start) >= earliest]
    return [{} if row.rolled else row.watched for row in recent[-(PERSISTENCE - 1) :]]


def with_since(
    checks: Iterable[Check], history: Sequence[HistoryRow], window: Window
) -> Iterator[Check]:
    """The checks; those that are loud know how long they have been."""
    for check in checks:
        if check.level < Severity.WATCH or not check.test:
            yield check
            continue
        since, days = _lasting(check, history, window)
        yield replace(check, since=since.strftime("%Y-%m-%dT%H:%M:%SZ"), days=days)


def _lasting(check: Check, history: Sequence[HistoryRow], window: Window) -> tuple[datetime, int]:
    """Back through the days that touch each other, as long as the same change was seen."""
    since, days = window.start, 1
    for row in reversed(history):
        touches = _moment(row.end) >= since - _CLOCK_CHANGE
        if not touches or row.watched.get(check.key) != check.direction:
            break
        since, days = min(since, _moment(row.start)), days + 1
    return since, days


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
