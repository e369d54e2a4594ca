"""Charts as SVG: every value is within the picture, and every text is escaped."""

import re

import pytest

from monitoring.rendering.charts import (
    WIDTH,
    Axis,
    Dot,
    Mark,
    XYChart,
    histogram,
    intervals,
    stacked_bars,
    trend,
)

HOSTILE = "<b>&"


def numbers(svg: str, attribute: str) -> list[float]:
    return [float(value) for value in re.findall(rf'\b{attribute}="(-?[\d.]+)"', svg)]


def test_texts_of_charts_are_escaped() -> None:
    mark = Mark(name=HOSTILE, value=0.5, low=0.4, high=0.6, baseline=0.3, caption=HOSTILE)
    for svg in (
        intervals([mark], title=HOSTILE),
        stacked_bars([HOSTILE], [(HOSTILE, [3])], title=HOSTILE),
        trend([Dot(value=0.5, tone="OK", day=HOSTILE, title=HOSTILE)], title=HOSTILE, in_words=str),
    ):
        assert "<b>" not in svg
        assert "&lt;b&gt;&amp;" in svg


def test_marks_outside_the_scale_are_on_its_edge() -> None:
    mark = Mark(name="right", value=0.2, low=0.1, high=0.3)
    svg = intervals([mark], title="right", low=0.5)
    assert numbers(svg, "cx") == [12.0]


def test_an_unknown_share_has_a_row_and_no_point() -> None:
    svg = intervals([Mark(name="audited", value=None, low=None, high=None)], title="right")
    assert "audited" in svg
    assert "<circle" not in svg


def test_gaps_of_a_trend_stay_gaps() -> None:
    values = (0.9, None, 0.8)
    dots = [Dot(value=value, tone="OK", day="1 Nov", title="") for value in values]
    assert trend(dots, title="right", in_words=str).count("<circle") == 2


def test_a_histogram_without_a_baseline_has_bars_alone() -> None:
    svg = histogram([0.25, 0.75], [None, None], [0.0, 0.5, 1.0], title="confidence")
    low, high = numbers(svg, "height")
    assert high == pytest.approx(3 * low, rel=0.01)
    assert "<polyline" not in svg


def test_points_and_notes_are_within_the_chart() -> None:
    chart = XYChart(
        title="risk",
        x=Axis(name="assigned", low=0, high=1),
        y=Axis(name="wrong", low=0, high=0.02, digits=1),
    )
    chart.line([(0, 0), (1, 0.5)])
    chart.whisker(0.9, 0.001, 0.015)
    chart.dot((0.97, 0.01), "threshold 0.9", kind="chosen")
    chart.note((0.97, 0.01), "threshold 0.9")
    svg = chart.svg()
    assert all(0 <= x <= WIDTH for name in ("x", "x1", "x2", "cx") for x in numbers(svg, name))
    assert all(0 <= y <= 280 for name in ("y", "y1", "y2", "cy") for y in numbers(svg, name))
    assert 'text-anchor="end">threshold 0.9</text>' in svg
