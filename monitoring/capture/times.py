"""Times of captures: the span that is read, and ISO texts as seconds since 1970."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

HOUR = timedelta(hours=1)

# SageMaker's own form, parsed column by column.
_FORM = "0000-00-00T00:00:00Z"
_LEAST = np.frombuffer(_FORM.encode(), dtype=np.uint8)
_ABOVE = np.where(ord("0") == _LEAST, 9, 0).astype(np.uint8)
_DIGITS_OF = ((0, 1, 2, 3, 5, 6, 8, 9), (11, 12), (14, 15), (17, 18))  # day, hour, minute, second
_PLACES = np.zeros((len(_FORM), len(_DIGITS_OF)))
for _column, _digits in enumerate(_DIGITS_OF):
    _PLACES[_digits, _column] = 10.0 ** np.arange(len(_digits))[::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `start` (included) to `end` (excluded); both have a time zone."""

    start: datetime
    end: datetime

    def hour_prefixes(self, *, look_ahead_h: int = 1, look_back_h: int = 1) -> Iterator[str]:
        """Yield `yyyy/mm/dd/hh` (UTC) of every folder that may hold records of the span.

        A file is stored under the hour in which it was opened, and may hold later records; one
        that was opened late may hold earlier ones.
        """
        hour = self.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        hour -= look_back_h * HOUR
        while hour < self.end + look_ahead_h * HOUR:
            yield hour.strftime("%Y/%m/%d/%H")
            hour += HOUR


class TimeParser:
    """Parses many texts at once; caches the days, of which there are few."""

    def __init__(self) -> None:
        self._midnights: dict[int, float] = {}

    def seconds(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return seconds since 1970, UTC; a text without an offset is UTC.

        Raises: ValueError, OverflowError or TypeError for a text that is not a time.
        """
        if {*map(len, texts)} == {len(_FORM)}:
            raw = np.frombuffer("".join(texts).encode("ascii", "replace"), dtype=np.uint8)
            digits = raw.reshape(-1, len(_FORM)) - _LEAST  # unsigned: less than least is large
            if (digits <= _ABOVE).all():
                dates, hours, minutes, seconds = (digits @ _PLACES).T
                if hours.max() < 24 and minutes.max() < 60 and seconds.max() < 60:
                    moments = self._midnights_of(dates)
                    moments += hours * 3600 + minutes * 60 + seconds
                    return moments
        return np.fromiter(map(parse_time, texts), np.float64, len(texts))

    def _midnights_of(self, dates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if dates.min() == dates.max():
            return np.full(len(dates), self._midnight(int(dates[0])))
        return np.array([self._midnight(int(date)) for date in dates])

    def _midnight(self, date: int) -> float:
        if date not in self._midnights:
            day = datetime(date // 10_000, date // 100 % 100, date % 100, tzinfo=UTC)
            self._midnights[date] = day.timestamp()
        return self._midnights[date]


def parse_time(text: str) -> float:
    """Return seconds since 1970 of a time in any ISO 8601 form; without an offset it is UTC.

    Raises: ValueError or OverflowError for a text that is not a time.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
