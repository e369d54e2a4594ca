"""Which time a report is about: yesterday where the readers live, or whatever is asked for."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handlers.domain.errors import PermanentError
from monitoring.report import Window

LONGEST = timedelta(days=31)
_YEARS = range(2000, 2200)  # far from where calendars end, whatever is added to a time
_HOUR = timedelta(hours=1)


class InvalidWindow(PermanentError):
    """A report was asked for about a time that cannot be; the message says what can."""


def zone(name: str) -> ZoneInfo:
    """Raises: InvalidWindow."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidWindow(f"{name!r} is no time zone: use a name like Europe/Berlin") from error


def day(of: date, *, time_zone: str) -> Window:
    """A day there, from midnight to midnight: 23 or 25 hours where the clock is changed.

    Raises: InvalidWindow."""
    _check_year(of)
    where = zone(time_zone)
    start = datetime.combine(of, time.min, where)
    end = datetime.combine(of + timedelta(days=1), time.min, where)
    return Window(start=start.astimezone(UTC), end=end.astimezone(UTC), time_zone=time_zone)


def last_days(as_of: datetime, *, time_zone: str, days: int = 1) -> Window:
    """The last days that were over then, yesterday alone if not told otherwise."""
    today = as_of.astimezone(zone(time_zone)).date()
    first = day(today - timedelta(days=days), time_zone=time_zone)
    last = day(today - timedelta(days=1), time_zone=time_zone)
    return Window(start=first.start, end=last.end, time_zone=time_zone)


def requested(
    event: Mapping[str, Any], *, time_zone: str, as_of: datetime, days: int = 1
) -> Window:
    """`{"from", "to"}` as days or moments; without them the last days. Raises: InvalidWindow."""
    start, end = event.get("from"), event.get("to")
    if not start and not end:
        return last_days(as_of, time_zone=time_zone, days=days)
    if not start:
        raise InvalidWindow("`to` needs a `from`")
    first = _moment(start, time_zone=time_zone, ends=False)
    last = _moment(end or start, time_zone=time_zone, ends=True)
    # By the readers' clocks: the October in which they are set back is a month like any other.
    length = _by_the_clock(last, time_zone) - _by_the_clock(first, time_zone)
    if not first < last or length > LONGEST:
        raise InvalidWindow(f"a window is from 1 second to {LONGEST.days} days long")
    return Window(start=first, end=last, time_zone=time_zone)


def moment(text: object) -> datetime:
    """A moment with its offset, in UTC. Raises: InvalidWindow."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidWindow(f"{text!r} is no time; write 2026-11-21T00:00:00Z") from error
    if found.tzinfo is None:
        raise InvalidWindow(f"{text!r} names no time zone; write 2026-11-21T00:00:00Z")
    _check_year(found)
    return found.astimezone(UTC)


def hours(start: datetime, end: datetime) -> Iterator[str]:
    """The ledger's hour buckets that the time touches: `2026-11-21T00`."""
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        yield hour.strftime("%Y-%m-%dT%H")
        hour += _HOUR


def is_whole_day(window: Window) -> bool:
    """Whether it is a day of its time zone."""
    local = window.start.astimezone(zone(window.time_zone)).date()
    return window == day(local, time_zone=window.time_zone)


def _moment(text: object, *, time_zone: str, ends: bool) -> datetime:
    try:
        named = date.fromisoformat(str(text))
    except ValueError:
        return moment(text)
    window = day(named, time_zone=time_zone)
    return window.end if ends else window.start


def _by_the_clock(when: datetime, time_zone: str) -> datetime:
    return when.astimezone(zone(time_zone)).replace(tzinfo=None)


def _check_year(when: date) -> None:
    if when.year not in _YEARS:
        raise InvalidWindow(f"{when} is out of reach: use the years {_YEARS[0]} to {_YEARS[-1]}")
