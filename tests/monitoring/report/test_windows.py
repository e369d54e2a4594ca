"""Days of the readers' time zone, also when the clocks change, and any other window."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from handlers.domain.timestamps import parse_utc
from monitoring.report.windows import (
    InvalidWindow,
    day,
    hours,
    is_whole_day,
    last_days,
    moment,
    requested,
)

BERLIN = "Europe/Berlin"
AS_OF = datetime(2026, 11, 22, 5, 15, tzinfo=UTC)


def test_yesterday_is_in_the_readers_time_zone() -> None:
    window = last_days(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), time_zone=BERLIN)
    assert window == day(date(2026, 11, 21), time_zone=BERLIN)
    assert window.start == datetime(2026, 11, 20, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("of", "length_h"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 21), 24)],
)
def test_a_day_has_the_length_of_its_time_zone(of: date, length_h: int) -> None:
    window = day(of, time_zone=BERLIN)
    assert window.end - window.start == timedelta(hours=length_h)
    assert len(list(hours(window.start, window.end))) == length_h
    assert is_whole_day(window)


def test_days_of_a_changed_clock_neither_overlap_nor_leave_a_gap() -> None:
    first = [day(date(2026, 10, 24) + timedelta(days=n), time_zone=BERLIN) for n in range(4)]
    assert all(one.end == other.start for one, other in pairwise(first))


def test_the_default_window_is_yesterday() -> None:
    assert requested({}, time_zone="UTC", as_of=AS_OF) == day(date(2026, 11, 21), time_zone="UTC")


def test_the_default_window_has_as_many_days_as_the_stage_reports() -> None:
    window = requested({}, time_zone=BERLIN, as_of=datetime(2026, 10, 26, 5, tzinfo=UTC), days=7)
    assert window.start == day(date(2026, 10, 19), time_zone=BERLIN).start
    assert window.end == day(date(2026, 10, 25), time_zone=BERLIN).end
    assert not is_whole_day(window)


@pytest.mark.parametrize(
    ("time_zone", "first", "last"),
    [
        (BERLIN, "2026-10-01", "2026-10-31"),
        (BERLIN, "2026-03-01", "2026-03-31"),
        ("America/New_York", "2026-10-15", "2026-11-14"),
        ("UTC", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_month_is_a_month_also_when_the_clock_is_changed(
    time_zone: str, first: str, last: str
) -> None:
    window = requested({"from": first, "to": last}, time_zone=time_zone, as_of=AS_OF)
    assert window.end == day(date.fromisoformat(last), time_zone=time_zone).end
    a_day_more = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    with pytest.raises(InvalidWindow, match="31 days"):
        requested({"from": first, "to": a_day_more}, time_zone=time_zone, as_of=AS_OF)


def test_a_last_day_is_included() -> None:
    window = requested({"from": "2026-11-01", "to": "2026-11-07"}, time_zone="UTC", as_of=AS_OF)
    assert window.end - window.start == timedelta(days=7)
    assert not is_whole_day(window)
    assert is_whole_day(requested({"from": "2026-11-01"}, time_zone="UTC", as_of=AS_OF))


def test_a_window_may_be_given_by_moments() -> None:
    event = {"from": "2026-11-01T08:00:00+02:00", "to": "2026-11-01T07:00:00Z"}
    window = requested(event, time_zone=BERLIN, as_of=AS_OF)
    assert (window.start.hour, window.end.hour) == (6, 7)
    assert list(hours(window.start, window.end)) == ["2026-11-01T06"]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"to": "2026-11-01"}, "from"),
        ({"from": "yesterday-ish"}, "not a time"),
        ({"from": "2026-11-01T08:00:00", "to": "2026-11-02"}, "has no time zone"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "window"),
        ({"from": "2020-01-01", "to": "2026-11-01"}, "31 days"),
        ({"from": 7}, "not a time"),
        ({"from": "9999-12-31"}, "out of range"),
        ({"from": "0001-01-01"}, "out of range"),
        ({"from": "2026-11-21", "to": "9999-12-31T23:59:59-14:00"}, "out of range"),
    ],
)
def test_an_invalid_window_is_refused_with_a_reason(event: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidWindow, match=message):
        requested(event, time_zone="UTC", as_of=AS_OF)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(InvalidWindow, match="Europe/Berlin"):
        last_days(AS_OF, time_zone="Mars/Olympus")


@pytest.mark.parametrize(
    "text",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z"],
)
def test_a_moment_at_the_end_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(InvalidWindow, match="2000 to 2199"):
        moment(text)


@pytest.mark.parametrize("text", ["2000-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
def test_every_accepted_moment_is_far_from_the_ends_of_the_calendar(text: str) -> None:
    try:
        window = last_days(moment(text), time_zone="Pacific/Kiritimati", days=31)
    except InvalidWindow:
        return
    assert window.start < window.end


def test_a_stored_moment_without_an_offset_is_utc() -> None:
    assert parse_utc("2026-11-21T08:00:00") == parse_utc("2026-11-21T10:00:00+02:00")
