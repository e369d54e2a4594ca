"""The report's verdict and figures, on days whose truth is known."""

import json
import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitoring.capture import CaptureSummary
from monitoring.report import (
    ReportInputs,
    Window,
    build_report,
)
from monitoring.report.files.documents import report_html, report_json
from monitoring.report.files.lists import photos_csv
from tests.monitoring.report.a_day import (
    DAY,
    QUIET,
    START,
    baseline,
    by_formula,
    inputs,
    loud,
    photos,
)

GOLDEN = Path(__file__).parent / "golden" / "report.json"


@pytest.fixture(scope="module")
def quiet() -> ReportInputs:
    return inputs(photos(300))


def test_a_quiet_day_is_ok(quiet: ReportInputs) -> None:
    report = build_report(quiet)
    assert (report.verdict, loud(report)) == ("OK", {})
    assert report.metrics["ReportVerdict"] == 0
    assert report.wanted_thumbnails == ()
    assert {"vehicle_mix", "confidence_ks", "review_rate", "brightness", "format_mix"} <= {
        check.name for check in report.checks
    }


def test_equal_inputs_give_equal_bytes_in_any_order(quiet: ReportInputs) -> None:
    shuffled = list(quiet.photos)
    random.Random(5).shuffle(shuffled)  # noqa: S311 # an order, no secret
    again = replace(quiet, photos=shuffled, week=shuffled[::-1], audited=shuffled)
    one, other = build_report(quiet), build_report(again)
    assert report_json(one) == report_json(other)
    assert report_html(one) == report_html(other)
    assert b"".join(photos_csv(quiet.photos)) == b"".join(photos_csv(shuffled))


def test_every_photo_is_counted_once(quiet: ReportInputs) -> None:
    document = build_report(quiet).document
    counts = document["conservation"]
    statuses = ("assigned", "in_review", "rejected", "failed", "in_flight")
    assert counts["received"] == sum(counts[status] for status in statuses) == 300
    assert sum(hour[status] for hour in document["hours"] for status in statuses) == 300
    assert sum(row["count"] for row in document["models"][0]["classes"]) == 300
    groups = {group["name"]: group["n"] for group in document["photos"]}
    assert groups["assigned"] == counts["assigned"]


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"first_share": 0.75}, "vehicle_mix"),
        ({"sure_share": 0.5}, "review_rate"),
        ({"sureness": 6.0}, "confidence_ks"),
        ({"quality_shift": {"brightness": -1.0}}, "brightness"),
        ({"quality_shift": {"sharpness": -1.0}}, "sharpness"),
        ({"other_share": 0.3}, "no_vehicle_share"),
        ({"honesty": 0.6}, "audited_errors"),
    ],
)
def test_a_change_is_named_and_shown(changes: dict[str, Any], check: str) -> None:
    report = build_report(inputs(photos(300, QUIET.shifted(**changes))))
    assert report.verdict == "ACT"
    assert loud(report)[check] == "ACT"
    assert report.wanted_thumbnails
    changed = next(candidate for candidate in report.checks if candidate.name == check)
    assert changed.advice
    assert changed.effect is not None
    assert changed.floor is not None
    assert changed.effect >= changed.floor


def test_too_few_photos_are_not_a_quiet_day() -> None:
    report = build_report(inputs(photos(20)))
    assert report.verdict == "NOT ENOUGH DATA"
    assert "ReportVerdict" not in report.metrics  # it would end yesterday's alarm
    lost = build_report(inputs(photos(20), objects_received=25))
    assert lost.verdict == "ACT"


def test_an_empty_day_is_reported() -> None:
    report = build_report(inputs([], capture=CaptureSummary(classified=0, captured=0)))
    assert report.verdict == "NOT ENOUGH DATA"
    assert b"No photo came" in report_html(report)
    assert report.document["models"] == []


def test_a_new_model_halfway_is_compared_with_its_own_baseline() -> None:
    earlier = photos(120)
    later = photos(120, QUIET.shifted(model_version="m2"), start=START + DAY / 2)
    later = [replace(photo, photo_id=f"{i:064x}") for i, photo in enumerate(later)]
    both = {"m1": baseline(), "m2": baseline("m2")}
    report = build_report(inputs([*earlier, *later], baselines=both))
    assert report.verdict == "OK"
    versions = {check.model_version for check in report.checks if check.name == "brightness"}
    assert versions == {"m1", "m2"}
    chapter = report.document["accuracy"]
    assert chapter["model_version"] == "m1"
    assert chapter["estimated"]["n"] <= chapter["estimated_audit_days"]["n"] <= 120
    alone = build_report(inputs([*earlier, *later]))
    assert loud(alone) == {"unknown_model": "WATCH"}


def test_the_files_of_an_evaluation_are_not_compared_with_phone_photos() -> None:
    """Their sizes and formats differ from those of phones, so every day would differ."""
    evaluated = replace(baseline(), mix=("cifar100",))
    report = build_report(inputs(photos(300), baselines={"m1": evaluated}))
    compared = {check.name for check in report.checks if check.test}
    assert {"brightness", "contrast", "sharpness", "confidence_ks", "vehicle_mix"} <= compared
    assert not compared & {"width", "height", "aspect", "size_bytes", "pixels", "format_mix"}
    dark = photos(300, QUIET.shifted(quality_shift={"brightness": -1.0}))
    loud_one = build_report(inputs(dark, baselines={"m1": evaluated}))
    assert "scones baseline" in next(c.advice for c in loud_one.checks if c.name == "brightness")
    own = build_report(inputs(photos(300)))
    assert {"width", "height", "aspect", "size_bytes", "format_mix"} <= {
        check.name for check in own.checks
    }


@pytest.mark.parametrize(
    ("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)]
)
def test_a_day_has_the_hours_of_its_time_zone(date: str, hours: int) -> None:
    window = _berlin(date)
    received = [
        replace(photo, received_at=window.start + timedelta(minutes=30 * i))
        for i, photo in enumerate(photos(hours * 2))
    ]
    document = build_report(inputs(received, window=window)).document
    assert len(document["hours"]) == hours
    assert len({hour["label"] for hour in document["hours"]}) == hours
    ended = ("assigned", "in_review", "rejected")
    assert all(sum(hour[status] for status in ended) == 2 for hour in document["hours"])


def _berlin(date: str) -> Window:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime.fromisoformat(date).replace(tzinfo=zone)
    end = (start + DAY).replace(tzinfo=zone)  # the same clock time, however long that takes
    return Window(start=start.astimezone(UTC), end=end.astimezone(UTC), time_zone="Europe/Berlin")


def test_the_report_equals_the_golden_document() -> None:
    """Compare small fixed inputs; `SCONES_UPDATE_SNAPSHOTS=1` accepts the present document."""
    document = json.loads(report_json(build_report(inputs(by_formula(60)))))
    if os.environ.get("SCONES_UPDATE_SNAPSHOTS"):
        GOLDEN.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert _flat(document).keys() == _flat(expected).keys()
    for path, value in _flat(document).items():
        is_figure = isinstance(value, float)
        close = pytest.approx(value, rel=1e-4, abs=1e-9) if is_figure else value
        assert _flat(expected)[path] == close, path


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        parts = [_flat(inner, f"{path}.{name}") for name, inner in value.items()]
    elif isinstance(value, list):
        parts = [_flat(inner, f"{path}[{i}]") for i, inner in enumerate(value)]
    else:
        return {path: value}
    return {name: leaf for part in parts for name, leaf in part.items()}


def test_the_list_of_photos_is_complete_and_runs_no_formula() -> None:
    hostile = replace(photos(1)[0], key='=cmd|" /C calc"!A0')
    text = b"".join(photos_csv([hostile, *photos(2_500)[1:]])).decode()
    assert text.count("\n") == 2_501
    assert "'=cmd" in text
    assert ",=cmd" not in text
