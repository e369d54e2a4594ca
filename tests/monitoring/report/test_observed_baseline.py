"""A baseline observed from a quiet window: its values, what it copies, and refusals."""

import json
from dataclasses import replace
from datetime import timedelta
from statistics import median
from typing import Any

import pytest

from monitoring.report import HistoryRow, PhotoFacts, Window, build_report
from monitoring.report.baseline import Baseline
from monitoring.report.observed_baseline import (
    LEAST,
    Proposal,
    TooFewPhotos,
    WindowNotOver,
    observed_baseline,
    proposal,
)
from tests.conftest import ROOT
from tests.monitoring.report.a_day import DAY, QUIET, START, baseline, inputs, photos

WINDOW = Window(start=START, end=START + DAY, time_zone="Europe/Berlin")
EVALUATED = replace(baseline(), mix=("street",), ece=0.012, ece_n=6_944, data_digest="abc")


def proposed(received: list[PhotoFacts], **changes: Any) -> Proposal:
    arguments = {
        "version": "",
        "baselines": {"m1": EVALUATED},
        "history": (),
        "now": WINDOW.end,
        **changes,
    }
    return proposal(received, WINDOW, **arguments)


def row(verdict: str, *, day: int = 0, **watched: int) -> HistoryRow:
    start = START + day * DAY
    return HistoryRow(
        start=start.isoformat(),
        end=(start + DAY).isoformat(),
        verdict=verdict,
        n=1,
        watched={name.replace("_at_", "@"): way for name, way in watched.items()},
        figures={},
    )


def test_a_baseline_has_the_figures_of_its_window() -> None:
    received = photos(LEAST)
    observed = proposed(received).baseline
    assert observed.is_observed
    assert (
        observed.n
        == sum(observed.predicted.values())
        == observed.assigned + observed.review
        == LEAST
    )
    assert observed.threshold == QUIET.threshold
    assert sum(observed.formats.values()) == LEAST
    widths = [round(photo.quality["width"], 4) for photo in received]
    assert list(observed.values["width"]) == sorted(widths)  # pixels: the report scales them
    ratio = median(photo.quality["width"] / photo.quality["height"] for photo in received)
    assert median(observed.values["aspect"]) == pytest.approx(ratio, abs=1e-4)
    assert {"confidence", "bicycle", "other", "sharpness", "size_bytes"} <= observed.values.keys()


def test_days_like_those_of_the_window_are_quiet() -> None:
    observed = proposed(photos(5_000)).baseline
    report = build_report(inputs(photos(300), baselines={"m1": observed}))
    compared = {check.name for check in report.checks if check.test}
    assert {"aspect", "width", "size_bytes", "format_mix", "sharpness"} <= compared
    assert report.verdict == "OK"


def test_an_observed_baseline_makes_days_quiet_that_differ_from_the_evaluation() -> None:
    shipped = Baseline.from_json((ROOT / "training/shipped/baseline.json").read_bytes())
    today = photos(300)
    before = build_report(inputs(today, baselines={"m1": replace(shipped, model_version="m1")}))
    assert before.verdict == "ACT"
    observed = proposed(photos(1_000, start=START - DAY), baselines={"m1": shipped}).baseline
    assert observed.ece == shipped.ece
    assert build_report(inputs(today, baselines={"m1": observed})).verdict == "OK"


def test_calibration_error_and_data_digest_are_the_evaluations() -> None:
    observed = proposed(photos(LEAST)).baseline
    assert (observed.ece, observed.ece_n, observed.data_digest) == (0.012, 6_944, "abc")
    assert proposed(photos(LEAST)).instead_of == EVALUATED
    alone = proposed(photos(LEAST), baselines={}).baseline
    assert (alone.ece, alone.ece_n, alone.data_digest) == (0.0, 0, "")


def test_the_threshold_is_the_one_applied_to_most_photos() -> None:
    received = [
        replace(photo, threshold=0.99 if place < 50 else 0.95)
        for place, photo in enumerate(photos(LEAST))
    ]
    assert proposed(received).baseline.threshold == 0.95


def test_its_days_are_in_the_readers_time_zone() -> None:
    """The window lasts from one o'clock in Berlin to one o'clock on the next day."""
    observed = proposed(photos(LEAST)).baseline
    assert (observed.observed_from, observed.observed_to) == ("2026-11-20", "2026-11-21")
    assert Baseline.from_json(observed.to_json()) == observed


def test_a_baseline_written_before_there_were_observed_ones_is_read() -> None:
    wire = json.loads(EVALUATED.to_json())
    del wire["observed_from"], wire["observed_to"]
    assert Baseline.from_json(json.dumps(wire)) == EVALUATED
    assert not EVALUATED.is_observed


def test_a_class_that_was_never_the_most_probable_is_included() -> None:
    received = photos(LEAST, QUIET.shifted(other_share=0.0))
    assert observed_baseline(received, "m1").predicted["other"] == 0


def test_the_most_frequent_model_is_the_default() -> None:
    few = photos(40, QUIET.shifted(model_version="m2"), start=START + DAY / 2)
    proposed_baseline = proposed([*photos(LEAST), *few])
    assert proposed_baseline.baseline.model_version == "m1"
    assert proposed_baseline.baseline.n == LEAST
    assert proposed_baseline.others == {"m2": 40}
    with pytest.raises(TooFewPhotos, match=r"^40 photos .* by model m2.*500 .*m1: 500, m2: 40"):
        proposed([*photos(LEAST), *few], version="m2")


def test_too_few_photos_are_counted_and_refused() -> None:
    with pytest.raises(TooFewPhotos, match=r"^499 photos"):
        proposed(photos(LEAST - 1))
    unclassified = [replace(photo, model_version="") for photo in photos(LEAST)]
    with pytest.raises(TooFewPhotos, match=r"^0 photos"):
        proposed(unclassified)


def test_a_window_that_is_not_over_is_refused() -> None:
    with pytest.raises(WindowNotOver, match="2026-11-21T00:00Z"):
        proposed(photos(LEAST), now=WINDOW.end - timedelta(minutes=1))


def test_days_with_the_verdict_act_are_listed() -> None:
    proposed_baseline = proposed(
        photos(LEAST),
        history=[
            row("ACT", day=-1, brightness_at_m1=1),
            row("ACT", brightness_at_m1=1, width_at_m0=1),
            row("ACT", day=1, brightness_at_m1=1),
        ],
    )
    assert proposed_baseline.reported == 1
    assert proposed_baseline.acted_on == {START.isoformat(): ("brightness",)}
    assert proposed(photos(LEAST), history=[row("OK")]).acted_on == {}
