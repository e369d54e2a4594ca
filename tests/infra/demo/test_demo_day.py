"""The generated day: a change with a beginning, after a quiet month."""

import pytest

from infra.demo.demo_day import DemoDay, demo_day
from monitoring.report import Report, build_report

VEHICLES = ("bicycle", "motorcycle")


@pytest.fixture(scope="module")
def demo() -> DemoDay:
    return demo_day([*VEHICLES, "other"], VEHICLES)


@pytest.fixture(scope="module")
def report(demo: DemoDay) -> Report:
    return build_report(demo.inputs)


def test_the_day_has_the_verdict_act_and_the_days_before_show_the_change(
    demo: DemoDay, report: Report
) -> None:
    assert report.verdict == "ACT"
    assert next(c for c in report.checks if c.name == "sharpness").verdict == "ACT"
    last = [row.watched for row in demo.inputs.history[-2:]]
    assert all(any(name.startswith("sharpness@") for name in watched) for watched in last)


def test_the_month_before_it_was_quiet(demo: DemoDay) -> None:
    before = [row.verdict for row in demo.inputs.history[:-2]]
    assert len(before) == 27
    assert before.count("OK") >= 24


def test_accuracy_rests_on_thirty_days(demo: DemoDay, report: Report) -> None:
    days = {photo.received_at.date() for photo in demo.inputs.audited}
    assert len(days) >= 30
    chapter = report.document["accuracy"]
    assert chapter["automatic"]["labelled"] > 200
    assert chapter["calibration_error"] > 0


def test_reviewers_gave_the_true_class(demo: DemoDay) -> None:
    for photo in demo.inputs.audited:
        truth = demo.truths[photo.photo_id]
        assert photo.verdict in {"", truth if truth in VEHICLES else "neither"}


def test_phones_send_several_formats_and_only_usual_shapes(demo: DemoDay) -> None:
    photos = demo.inputs.photos
    assert {photo.image_format for photo in photos} == {"JPEG", "HEIF", "PNG"}
    assert {photo.key.rpartition(".")[2] for photo in photos} == {"jpg", "heic", "png"}
    shapes = {photo.quality["width"] / photo.quality["height"] for photo in photos}
    assert min(shapes) > 0.5
    assert max(shapes) < 2
    baseline = next(iter(demo.inputs.baselines.values()))
    assert baseline.is_observed
    assert "aspect" in baseline.values
