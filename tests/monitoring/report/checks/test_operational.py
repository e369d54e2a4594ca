"""Checks that count instead of testing: completeness, failures, queues and models."""

from dataclasses import replace
from typing import Any

import pytest

from handlers.domain.decision.threshold import INVALID, LOST, UNREADABLE
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
    match: dict[str, Any] = next(g for g in report.document["photos"] if g["name"] == name)
    return match


def test_an_answer_with_an_unknown_class_is_reported() -> None:
    received = photos(300)
    unknown = replace(received[0], probabilities={**received[0].probabilities, "zebra": 0.0})
    assert loud(build_report(inputs([unknown, *received[1:]]))) == {"unknown_class": "WATCH"}


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (INVALID, "0 photos met an override, 1 one that cannot be read."),
        (UNREADABLE, "0 photos met an override, 1 one that cannot be read."),
        (LOST, "0 photos met an override, 0 one that cannot be read, 1 one whose parameter is"),
    ],
)
def test_an_override_that_stops_assignment_by_a_fault_is_reported(
    source: str, sentence: str
) -> None:
    received = photos(300)
    stopped = replace(received[0], threshold_source=source)
    report = build_report(inputs([stopped, *received[1:]]))
    assert loud(report) == {"override": "WATCH"}
    assert any(
        check["name"] == "override" and check["sentence"].startswith(sentence)
        for check in report.document["checks"]
    )


@pytest.mark.parametrize(
    ("captured", "verdict"), [(1_000, "OK"), (990, "OK"), (985, "WATCH"), (900, "ACT")]
)
def test_incomplete_capture_is_reported(captured: int, verdict: str) -> None:
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


def test_failures_stuck_photos_and_old_reviews_are_reported() -> None:
    received = photos(300)
    failed = [replace(received[i], status="failed", reason="EndpointUnavailable") for i in range(2)]
    report = build_report(inputs([*failed, *received[2:]]))
    assert loud(report) == {"failures": "WATCH"}
    assert [listed["key"] for listed in group(report, "failed")["listed"]] == [
        photo.key for photo in sorted(failed, key=lambda photo: photo.received_at)
    ]
    stuck = [replace(received[0], status="received", model_version="", probabilities={})]
    assert loud(build_report(inputs([*stuck, *received[1:]]))) == {"conservation": "ACT"}
    waiting = QueueFigures(reviews_open=3, oldest_review_s=5 * 3600)
    assert loud(build_report(inputs(received, queues=waiting))) == {"review_age": "WATCH"}


def test_refused_photos_are_reported() -> None:
    received = photos(300)
    plain = replace(
        received[0], model_version="", probabilities={}, confidence=None, review_reason=""
    )
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
        assert loud(build_report(inputs([*received, *refused[:count]]))) == expected
    alone = build_report(inputs(refused, week=refused, audited=[]))
    assert alone.verdict == "ACT"
    assert "corrupt (300)" in alone.headline


def test_unreadable_rows_and_labels_are_reported() -> None:
    received = photos(300)
    report = build_report(inputs(received, unreadable_rows=["a" * 64], unreadable_labels=2))
    assert loud(report) == {"conservation": "WATCH"}
    assert "1 row cannot be read (aaaaaaaaaaaaaaaa" in report.headline
    assert "2 labels cannot be read" in report.headline


def test_the_sentence_states_only_what_was_counted() -> None:
    received = photos(300)

    def sentence(**changes: Any) -> str:
        report = build_report(inputs(received, **changes))
        return next(check.sentence for check in report.checks if check.name == "conservation")

    assert "not counted yet" in sentence()
    walk = QueueFigures(walk_ended_at="2026-11-20T23:45:00Z", walked_objects=1_234, lost_objects=0)
    assert "1,234 objects, 0 without a row" in sentence(queues=walk)
    lost = build_report(inputs(received, queues=replace(walk, lost_objects=2)))
    assert loud(lost) == {"conservation": "WATCH"}
