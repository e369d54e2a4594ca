"""Checks that count instead of testing: is everything there, and does it move?"""

from dataclasses import replace
from typing import Any

import pytest

from monitoring.capture import CaptureSummary
from monitoring.report import (
    QueueFigures,
    Report,
    build_report,
)
from tests.monitoring.report.a_day import (
    inputs,
    loud,
    photos,
)


def group(report: Report, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(g for g in report.document["photos"] if g["name"] == name)
    return found


def test_an_answer_in_unknown_classes_is_seen() -> None:
    found = photos(300)
    strange = replace(found[0], probabilities={**found[0].probabilities, "zebra": 0.0})
    assert loud(build_report(inputs([strange, *found[1:]]))) == {"unknown_class": "WATCH"}


@pytest.mark.parametrize(
    ("captured", "verdict"), [(1_000, "OK"), (990, "OK"), (985, "WATCH"), (900, "ACT")]
)
def test_capture_is_complete_or_the_report_says_so(captured: int, verdict: str) -> None:
    capture = CaptureSummary(lines=captured, classified=1_000, captured=captured)
    report = build_report(inputs(photos(300), capture=capture))
    assert report.verdict == verdict
    assert report.metrics["CaptureCompleteness"] == captured / 1_000


@pytest.mark.parametrize(("captured", "verdict"), [(200, "OK"), (175, "OK"), (60, "ACT")])
def test_a_sample_of_captures_is_measured_as_one(captured: int, verdict: str) -> None:
    capture = CaptureSummary(lines=captured, classified=1_000, captured=captured)
    settings = replace(inputs([]).settings, capture_sampling_share=0.2)
    report = build_report(inputs(photos(300), capture=capture, settings=settings))
    assert report.verdict == verdict
    assert "CaptureCompleteness" not in report.metrics  # no figure for an alarm at 99 %


def test_failures_stuck_photos_and_old_reviews_are_seen() -> None:
    found = photos(300)
    failed = [replace(found[i], status="failed", reason="EndpointUnavailable") for i in range(2)]
    report = build_report(inputs([*failed, *found[2:]]))
    assert loud(report) == {"failures": "WATCH"}
    assert [each["key"] for each in group(report, "failed")["listed"]] == [
        photo.key for photo in sorted(failed, key=lambda photo: photo.received_at)
    ]
    stuck = [replace(found[0], status="received", model_version="", probabilities={})]
    assert loud(build_report(inputs([*stuck, *found[1:]]))) == {"conservation": "ACT"}
    waiting = QueueFigures(reviews_open=3, oldest_review_s=5 * 3600)
    assert loud(build_report(inputs(found, queues=waiting))) == {"review_age": "WATCH"}


def test_refused_photos_are_seen() -> None:
    found = photos(300)
    plain = replace(found[0], model_version="", probabilities={}, confidence=None, review_reason="")
    refused = [
        replace(plain, photo_id=f"{i:064x}", status="rejected", reason="corrupt", review="none")
        for i in range(300)
    ]
    for count, expected in (
        (0, {}),
        (10, {}),
        (40, {"refused": "WATCH"}),
        (300, {"refused": "ACT"}),
    ):
        assert loud(build_report(inputs([*found, *refused[:count]]))) == expected
    alone = build_report(inputs(refused, week=refused, audited=[]))
    assert alone.verdict == "ACT"
    assert "corrupt (300)" in alone.headline


def test_what_cannot_be_read_is_said() -> None:
    found = photos(300)
    report = build_report(inputs(found, unreadable_rows=["a" * 64], unreadable_labels=2))
    assert loud(report) == {"conservation": "WATCH"}
    assert "1 row cannot be read (aaaaaaaaaaaaaaaa" in report.headline
    assert "2 labels cannot be read" in report.headline


def test_only_what_was_counted_is_claimed() -> None:
    found = photos(300)

    def said(**changes: Any) -> str:
        report = build_report(inputs(found, **changes))
        return next(check.sentence for check in report.checks if check.name == "conservation")

    assert "not counted yet" in said()
    walk = QueueFigures(walk_ended_at="2026-11-20T23:45:00Z", walked_objects=1_234, lost_objects=0)
    assert "1,234 objects, 0 without a row" in said(queues=walk)
    lost = build_report(inputs(found, queues=replace(walk, lost_objects=2)))
    assert loud(lost) == {"conservation": "WATCH"}
