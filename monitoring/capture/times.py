"""ISO texts to seconds since 1970. SageMaker's own form goes column by column."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

_FORM = "0000-00-00T00:00:00Z"
_LEAST = np.frombuffer(_FORM.encode(), dtype=np.uint8)
_ABOVE = np.where(ord("0") == _LEAST, 9, 0).astype(np.uint8)
_DIGITS_OF = ((0, 1, 2, 3, 5, 6, 8, 9), (11, 12), (14, 15), (17, 18))  # day, hour, minute, second
_PLACES = np.zeros((len(_FORM), len(_DIGITS_OF)))
for _column, _digits in enumerate(_DIGITS_OF):
    _PLACES[_digits, _column] = 10.0 ** np.arange(len(_digits))[::-1]


class Times:
    """Knows the days that it has met: there are few, however many records there are."""

    def __init__(self) -> None:
        self._midnights: dict[int, float] = {}

    def seconds(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Raises: ValueError, TypeError; for what is no time."""
        if {*map(len, texts)} == {len(_FORM)}:
            raw = np.frombuffer("".join(texts).encode("ascii", "replace"), dtype=np.uint8)
            digits = raw.reshape(-1, len(_FORM)) - _LEAST  # unsigned: less than least is large
            if (digits <= _ABOVE).all():
                dates, hours, minutes, seconds = (digits @ _PLACES).T
                if hours.max() < 24 and minutes.max() < 60 and seconds.max() < 60:
                    found = self._midnights_of(dates)
                    found += hours * 3600 + minutes * 60 + seconds
                    return found
        return np.fromiter(map(parsed, texts), np.float64, len(texts))

    def _midnights_of(self, dates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if dates.min() == dates.max():
            return np.full(len(dates), self._midnight(int(dates[0])))
        return np.array([self._midnight(int(date)) for date in dates])

    def _midnight(self, date: int) -> float:
        if date not in self._midnights:
            day = datetime(date // 10_000, date // 100 % 100, date % 100, tzinfo=UTC)
            self._midnights[date] = day.timestamp()
        return self._midnights[date]


def parsed(text: str) -> float:
    """One of them, in any form. Raises: ValueError, OverflowError; for what is no time."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
