"""Changes that persist: since when, and windows that are compared by their week."""

from typing import Any

import pytest

from monitoring.report import (
    HistoryRow,
    build_report,
)
from monitoring.report.document.times import iso
from monitoring.report.files.documents import history_line
from tests.monitoring.report.a_day import (
    DAY,
    QUIET,
    START,
    inputs,
    loud,
    photos,
)

SLIGHTLY = -0.06  # of this seed: enough for WATCH at n = 100, not for ACT


def a_row(days_ago: int, watched: dict[str, int] | None = None, **more: Any) -> HistoryRow:
    start = START - days_ago * DAY
    return HistoryRow(
        start=iso(start),
        end=iso(start + DAY),
        verdict="WATCH" if watched else "OK",
        n=100,
        watched=watched or {},
        figures={},
        **more,
    )


def test_the_same_watch_again_is_an_act() -> None:
    shifted = photos(100, QUIET.shifted(quality_shift={"brightness": SLIGHTLY}))
    first = build_report(inputs(shifted))
    assert loud(first)["brightness"] == "WATCH"
    dark = {"brightness@m1": -1}
    for history, expected in (
        ([a_row(1, dark)], "ACT"),
        ([a_row(2, dark), a_row(1)], "ACT"),
        ([a_row(2, dark)], "ACT"),  # of the day between there is no report
        ([a_row(3, dark), a_row(2), a_row(1)], "WATCH"),
        ([a_row(3, dark)], "WATCH"),
        ([a_row(40, dark)], "WATCH"),
        ([a_row(1, {"brightness@m1": 1})], "WATCH"),
        ([a_row(1, {"brightness@m0": -1})], "WATCH"),
        ([a_row(1, dark, rolled=True)], "WATCH"),
    ):
        report = build_report(inputs(shifted, history=history))
        assert loud(report)["brightness"] == expected
    row = HistoryRow.from_json(history_line(first.history_row))
    assert row == first.history_row
    assert row.watched == {"brightness@m1": -1}


def test_a_change_has_the_start_of_its_run() -> None:
    dark = {"brightness@m1": -1}
    shifted = photos(300, QUIET.shifted(quality_shift={"brightness": -1.0}))
    for history, since, days in (
        ([], "2026-11-20", 1),
        ([a_row(1)], "2026-11-20", 1),
        ([a_row(3, dark), a_row(2, dark), a_row(1, dark)], "2026-11-17", 4),
        (
            [a_row(3, dark), a_row(1, dark)],
            "2026-11-19",
            2,
        ),  # there is no report of the day between
        ([a_row(2, dark), a_row(1, {"brightness@m1": 1})], "2026-11-20", 1),
    ):
        report = build_report(inputs(shifted, history=history))
        check = next(candidate for candidate in report.checks if candidate.name == "brightness")
        assert (check.since[:10], check.days) == (since, days)
    row = report.history_row
    assert row.effects["brightness@m1"] == pytest.approx(-1, abs=0.2)


def test_a_small_day_is_compared_by_its_week() -> None:
    few, week = photos(20), photos(120, start=START - 6 * DAY)
    report = build_report(inputs(few, week=[*week, *few], audited=[*week, *few]))
    assert report.verdict == "OK"
    assert {check.window for check in report.checks if check.name == "brightness"} == {"week"}
    assert report.history_row.rolled
    assert "140 photos of seven days" in report.headline
    rules = [check.rule for check in report.checks if check.window == "week"]
    assert not any("last 3 days" in rule for rule in rules)  # overlapping days do not persist


def test_a_day_without_photos_is_compared_by_its_week() -> None:
    week = photos(120, start=START - 6 * DAY)
    report = build_report(inputs([], week=week, audited=week))
    assert report.verdict == "OK"
    assert report.headline.startswith("No photo came")


def test_a_window_longer_than_a_week_is_compared_as_a_whole() -> None:
    received, week = photos(60), photos(10)
    report = build_report(inputs(received, week=week))
    assert {check.n for check in report.checks if check.name == "brightness"} == {60}
