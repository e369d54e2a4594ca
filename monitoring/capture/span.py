"""The time that is read, and the folders in which its records lie."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `start` (included) to `end` (excluded), in UTC."""

    start: datetime
    end: datetime

    def hour_prefixes(self, *, look_ahead_h: int = 1, look_back_h: int = 1) -> Iterator[str]:
        """`yyyy/mm/dd/hh` of every folder that may hold records of the span.

        A file lies in the hour in which it was opened, and may hold later records; one that was
        opened late may hold earlier ones.
        """
        hour = self.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        hour -= look_back_h * HOUR
        while hour < self.end + look_ahead_h * HOUR:
            yield hour.strftime("%Y/%m/%d/%H")
            hour += HOUR
