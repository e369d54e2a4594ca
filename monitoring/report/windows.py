"""The window of a report: yesterday in the readers' time zone, or the requested time."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handlers.domain.errors import PermanentError
from monitoring.report import Window

LONGEST = timedelta(days=31)
_YEARS = range(2000, 2200)  # far from the ends of the calendar, whatever is added to a time
_HOUR = timedelta(hours=1)


class InvalidWindow(PermanentError):
    """The requested window is invalid; the message states what is valid."""


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name. Raises: InvalidWindow."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidWindow(
            f"{name!r} is not a time zone: use a name like Europe/Berlin"
        ) from error


def day(of: date, *, time_zone: str) -> Window:
    """Return a day from midnight to midnight; it has 23 or 25 hours where the clocks change.

    Raises: InvalidWindow.
    """
    _check_year(of)
    where = zone(time_zone)
    start = datetime.combine(of, time.min, where)
    end = datetime.combine(of + timedelta(days=1), time.min, where)
    return Window(start=start.astimezone(UTC), end=end.astimezone(UTC), time_zone=time_zone)


def last_days(as_of: datetime, *, time_zone: str, days: int = 1) -> Window:
    """Return the last days that had ended at `as_of`; by default yesterday alone."""
    today = as_of.astimezone(zone(time_zone)).date()
    first = day(today - timedelta(days=days), time_zone=time_zone)
    last = day(today - timedelta(days=1), time_zone=time_zone)
    return Window(start=first.start, end=last.end, time_zone=time_zone)


def requested(
    event: Mapping[str, Any], *, time_zone: str, as_of: datetime, days: int = 1
) -> Window:
    """Return the window from `from` to `to`, which are days or moments; a last day is included.

    Without them it is the last `days` days.

    Raises: InvalidWindow.
    """
    start, end = event.get("from"), event.get("to")
    if not start and not end:
        return last_days(as_of, time_zone=time_zone, days=days)
    if not start:
        raise InvalidWindow("`to` needs a `from`: give both, or `from` alone")
    first = _moment(start, time_zone=time_zone, ends=False)
    last = _moment(end or start, time_zone=time_zone, ends=True)
    # Measured by the readers' clocks: an October in which they are set back is a month as well.
    length = _by_the_clock(last, time_zone) - _by_the_clock(first, time_zone)
    if not first < last or length > LONGEST:
        raise InvalidWindow(f"a window is from 1 second to {LONGEST.days} days long")
    return Window(start=first, end=last, time_zone=time_zone)


def moment(text: object) -> datetime:
    """Parse an ISO 8601 time with an offset and return it in UTC. Raises: InvalidWindow."""
    try:
        parsed = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidWindow(f"{text!r} is not a time; write 2026-11-21T00:00:00Z") from error
    if parsed.tzinfo is None:
        raise InvalidWindow(f"{text!r} has no time zone; write 2026-11-21T00:00:00Z")
    _check_year(parsed)
    return parsed.astimezone(UTC)


def hours(start: datetime, end: datetime) -> Iterator[str]:
    """Yield the hours that the time touches as the ledger indexes them, e.g. `2026-11-21T00`."""
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        yield hour.strftime("%Y-%m-%dT%H")
        hour += _HOUR


def is_whole_day(window: Window) -> bool:
    """Return whether the window is one day of its time zone."""
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
        raise InvalidWindow(f"{when} is out of range: use the years {_YEARS[0]} to {_YEARS[-1]}")
