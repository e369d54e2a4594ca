"""Moments as this system writes them: ISO 8601, UTC, milliseconds, `Z`."""

from datetime import UTC, datetime, timedelta


def stamp(moment: datetime) -> str:
    """Sorts as text among its like."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Also reads what the state machine and S3 write."""
    return datetime.fromisoformat(text)


def parse_utc(text: str) -> datetime:
    """A moment in UTC, which it is if the text names no offset.

    Raises: ValueError, OverflowError.
    """
    moment = parse(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def later(moment: datetime, seconds: float) -> str:
    """The moment that many seconds on."""
    return stamp(moment + timedelta(seconds=seconds))
