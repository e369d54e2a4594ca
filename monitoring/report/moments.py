"""Times as people in the reported place read them."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from monitoring.report.facts import Window

HOUR = timedelta(hours=1)


def zone_of(window: Window) -> tzinfo:
    """UTC needs no time zone data, which a Lambda package may not have."""
    return UTC if window.time_zone == "UTC" else ZoneInfo(window.time_zone)


def iso(moment: datetime) -> str:
    """UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hours_of(window: Window) -> list[datetime]:
    """The starts of the window's hours, UTC: 23 or 25 of them when clocks change."""
    start = window.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    count = -(-(window.end - start) // HOUR)
    return [start + i * HOUR for i in range(count)]


def local(moment: datetime, window: Window, form: str) -> str:
    """In the window's own time zone."""
    return moment.astimezone(zone_of(window)).strftime(form)


def label_of(window: Window) -> str:
    """A day by its date, anything else by both its ends."""
    start, end = (moment.astimezone(zone_of(window)) for moment in (window.start, window.end))
    midnights = start.hour == start.minute == end.hour == end.minute == 0
    if midnights and (end.date() - start.date()).days == 1:
        return start.strftime("%A, %d %B %Y")
    return f"{start:%d %B %Y %H:%M} to {end:%d %B %Y %H:%M}"
