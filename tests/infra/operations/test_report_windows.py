"""`scones report --from today`: days of the time zone in which the report is read."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from infra.operations.reports import window_of

if TYPE_CHECKING:
    from handlers.settings import ReporterSettings

NOW = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time_zone", "named", "start"),
    [
        ("UTC", "today", "2026-11-21T00:00:00+00:00"),
        ("UTC", "yesterday", "2026-11-20T00:00:00+00:00"),
        ("Pacific/Auckland", "today", "2026-11-21T11:00:00+00:00"),  # where it is the 22nd
        ("Pacific/Auckland", "yesterday", "2026-11-20T11:00:00+00:00"),
        ("America/Los_Angeles", "today", "2026-11-21T08:00:00+00:00"),
    ],
)
def test_days_are_those_of_the_stages_time_zone(time_zone: str, named: str, start: str) -> None:
    settings = cast("ReporterSettings", SimpleNamespace(time_zone=time_zone))
    window = window_of(settings, named, None, now=NOW, known_at=NOW)
    assert window.start.isoformat() == start
    assert window.start <= NOW
    assert (window.end > NOW) is (named == "today")
