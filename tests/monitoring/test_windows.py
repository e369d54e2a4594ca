"""Days of the readers' time zone, also when the clock is changed, and any other window."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from monitoring.windows import InvalidWindow, day, hours, is_whole_day, previous_day, requested

BERLIN = "Europe/Berlin"
AS_OF = datetime(2026, 11, 22, 5, 15, tzinfo=UTC)


def test_yesterday_is_that_of_the_readers() -> None:
    window = previous_day(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), time_zone=BERLIN)
    assert window == day(date(2026, 11, 21), time_zone=BERLIN)
    assert window.start == datetime(2026, 11, 20, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("of", "length_h"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 21), 24)],
)
def test_a_day_is_as_long_as_it_is_there(of: date, length_h: int) -> None:
    window = day(of, time_zone=BERLIN)
    assert window.end - window.start == timedelta(hours=length_h)
    assert len(list(hours(window.start, window.end))) == length_h
    assert is_whole_day(window)


def test_days_of_a_changed_clock_neither_overlap_nor_leave_a_gap() -> None:
    first = [day(date(2026, 10, 24) + timedelta(days=n), time_zone=BERLIN) for n in range(4)]
    assert all(one.end == other.start for one, other in pairwise(first))


def test_no_window_is_yesterday() -> None:
    assert requested({}, time_zone="UTC", as_of=AS_OF) == day(date(2026, 11, 21), time_zone="UTC")


def test_a_last_day_is_included() -> None:
    window = requested({"from": "2026-11-01", "to": "2026-11-07"}, time_zone="UTC", as_of=AS_OF)
    assert window.end - window.start == timedelta(days=7)
    assert not is_whole_day(window)
    assert is_whole_day(requested({"from": "2026-11-01"}, time_zone="UTC", as_of=AS_OF))


def test_moments_may_be_asked_for() -> None:
    event = {"from": "2026-11-01T08:00:00+02:00", "to": "2026-11-01T07:00:00Z"}
    window = requested(event, time_zone=BERLIN, as_of=AS_OF)
    assert (window.start.hour, window.end.hour) == (6, 7)
    assert list(hours(window.start, window.end)) == ["2026-11-01T06"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"to": "2026-11-01"}, "from"),
        ({"from": "yesterday-ish"}, "no time"),
        ({"from": "2026-11-01T08:00:00", "to": "2026-11-02"}, "no time zone"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "window"),
        ({"from": "2020-01-01", "to": "2026-11-01"}, "31 days"),
        ({"from": 7}, "no time"),
    ],
)
def test_what_cannot_be_is_refused_in_words(event: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidWindow, match=said):
        requested(event, time_zone="UTC", as_of=AS_OF)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(InvalidWindow, match="Europe/Berlin"):
        previous_day(AS_OF, time_zone="Mars/Olympus")
