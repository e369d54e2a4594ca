"""A baseline made from a quiet window: what goes in, what is carried over, what is refused."""

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


def proposed(found: list[PhotoFacts], **changes: Any) -> Proposal:
    asked = {
        "version": "",
        "baselines": {"m1": EVALUATED},
        "history": (),
        "now": WINDOW.end,
        **changes,
    }
    return proposal(found, WINDOW, **asked)


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


def test_it_holds_what_the_window_held() -> None:
    found = photos(LEAST)
    made = proposed(found).baseline
    assert made.is_observed
    assert made.n == sum(made.predicted.values()) == made.assigned + made.review == LEAST
    assert made.threshold == QUIET.threshold
    assert sum(made.formats.values()) == LEAST
    widths = [round(photo.quality["width"], 4) for photo in found]
    assert list(made.values["width"]) == sorted(widths)  # pixels: the report scales them
    ratio = median(photo.quality["width"] / photo.quality["height"] for photo in found)
    assert median(made.values["aspect"]) == pytest.approx(ratio, abs=1e-4)
    assert {"confidence", "bicycle", "other", "sharpness", "size_bytes"} <= made.values.keys()


def test_days_like_those_of_the_window_are_quiet_beside_it() -> None:
    made = proposed(photos(5_000)).baseline
    report = build_report(inputs(photos(300), baselines={"m1": made}))
    compared = {check.name for check in report.checks if check.test}
    assert {"aspect", "width", "size_bytes", "format_mix", "sharpness"} <= compared
    assert report.verdict == "OK"


def test_it_is_the_way_out_where_every_day_differs_from_the_evaluations_photos() -> None:
    shipped = Baseline.from_json((ROOT / "training/shipped/baseline.json").read_bytes())
    today = photos(300)
    before = build_report(inputs(today, baselines={"m1": replace(shipped, model_version="m1")}))
    assert before.verdict == "ACT"
    made = proposed(photos(1_000, start=START - DAY), baselines={"m1": shipped}).baseline
    assert made.ece == shipped.ece
    assert build_report(inputs(today, baselines={"m1": made})).verdict == "OK"


def test_what_only_labels_can_tell_is_the_evaluations() -> None:
    made = proposed(photos(LEAST)).baseline
    assert (made.ece, made.ece_n, made.data_digest) == (0.012, 6_944, "abc")
    assert proposed(photos(LEAST)).instead_of == EVALUATED
    alone = proposed(photos(LEAST), baselines={}).baseline
    assert (alone.ece, alone.ece_n, alone.data_digest) == (0.0, 0, "")


def test_the_threshold_is_the_one_that_most_photos_met() -> None:
    found = [
        replace(photo, threshold=0.99 if place < 50 else 0.95)
        for place, photo in enumerate(photos(LEAST))
    ]
    assert proposed(found).baseline.threshold == 0.95


def test_its_days_are_those_of_the_readers_time_zone() -> None:
    """From one o'clock in Berlin to one o'clock on the next day: both days are in it."""
    made = proposed(photos(LEAST)).baseline
    assert (made.observed_from, made.observed_to) == ("2026-11-20", "2026-11-21")
    assert Baseline.from_json(made.to_json()) == made


def test_a_baseline_written_before_there_were_observed_ones_is_read() -> None:
    wire = json.loads(EVALUATED.to_json())
    del wire["observed_from"], wire["observed_to"]
    assert Baseline.from_json(json.dumps(wire)) == EVALUATED
    assert not EVALUATED.is_observed


def test_a_class_that_was_never_the_most_probable_is_known() -> None:
    found = photos(LEAST, QUIET.shifted(other_share=0.0))
    assert observed_baseline(found, "m1").predicted["other"] == 0


def test_the_commonest_model_is_meant_where_none_is_named() -> None:
    few = photos(40, QUIET.shifted(model_version="m2"), start=START + DAY / 2)
    found = proposed([*photos(LEAST), *few])
    assert found.baseline.model_version == "m1"
    assert found.baseline.n == LEAST
    assert found.others == {"m2": 40}
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


def test_days_on_which_the_report_said_act_are_named() -> None:
    found = proposed(
        photos(LEAST),
        history=[
            row("ACT", day=-1, brightness_at_m1=1),
            row("ACT", brightness_at_m1=1, width_at_m0=1),
            row("ACT", day=1, brightness_at_m1=1),
        ],
    )
    assert found.reported == 1
    assert found.acted_on == {START.isoformat(): ("brightness",)}
    assert proposed(photos(LEAST), history=[row("OK")]).acted_on == {}
