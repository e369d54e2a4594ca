"""Timestamps as this system writes them: ISO 8601, UTC, milliseconds, `Z`."""

from datetime import UTC, datetime, timedelta


def stamp(moment: datetime) -> str:
    """Format an aware datetime; such texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Parse ISO 8601, also as the state machine and S3 write it.

    Raises: ValueError.
    """
    return datetime.fromisoformat(text)


def parse_utc(text: str) -> datetime:
    """Parse a moment and convert it to UTC; a text without an offset counts as UTC.

    Raises: ValueError, OverflowError.
    """
    moment = parse(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def later(moment: datetime, seconds: float) -> str:
    """Format the moment `seconds` after `moment`."""
    return stamp(moment + timedelta(seconds=seconds))
