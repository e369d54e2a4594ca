"""The charts of the page, from the document's chapters."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from monitoring.rendering.charts import (
    Dot,
    Mark,
    Spread,
    histogram,
    intervals,
    spread_bars,
    stacked_bars,
    trend,
)
from monitoring.rendering.format import interval, percent
from monitoring.report.checks.catalogue import POINTS, SD, TITLES, format_effect
from monitoring.report.records.figures import format_figure

Json = Mapping[str, Any]
LOUD = ("ACT", "WATCH")
STATUSES = {
    "assigned": "assigned",
    "in_review": "in review",
    "rejected": "rejected",
    "failed": "failed",
    "in_flight": "in flight",
}
_LEVELS = ("p5", "p50", "p95")
_MOST_CHANGES = 6
_LEAST = {POINTS: 0.005, SD: 0.05}
_TRENDS = {
    "AuditedAccuracy": "Right, all photos",
    "ReviewRate": "Share sent to review",
    "MeanConfidence": "Mean confidence",
    "CaptureCompleteness": "Capture completeness",
}


def tone(verdict: str) -> str:
    """Return the CSS class that colours a verdict."""
    return verdict.partition(" ")[0]


def hours_chart(hours: Sequence[Json]) -> Markup:
    """Draw the photos received by hour, stacked by status."""
    return stacked_bars(
        [row["label"] for row in hours],
        [(name, [row[name] for row in hours]) for name in present_statuses(hours)],
        title="Photos by the hour in which they were received",
    )


def present_statuses(hours: Sequence[Json]) -> list[str]:
    """Return the statuses that occur in any hour."""
    return [name for name in STATUSES if any(row[name] for row in hours)]


def review_chart(review: Json) -> Markup:
    """Draw the share of photos sent to review."""
    caption = f"{percent(review['value'])}, baseline {percent(review['baseline'])}"
    mark = _share_mark("sent to review", review, caption)
    highest = max(mark.high or 0, mark.baseline or 0)
    top = next((top for top in (0.05, 0.1, 0.25, 0.5) if highest <= top), 1.0)
    return intervals([mark], title="Share of photos sent to review", high=top)


def shares_chart(rows: Sequence[Json], title: str) -> Markup:
    """Draw the shares of classes or formats."""
    marks = [
        _share_mark(
            row["name"],
            row,
            f"{row['count']:,} · {percent(row['value'])}"
            + (f" · baseline {percent(row['baseline'])}" if row["baseline"] is not None else ""),
        )
        for row in rows
    ]
    return intervals(marks, title=f"{title}: shares with their 95 % intervals")


def _share_mark(name: str, row: Json, caption: str) -> Mark:
    return Mark(
        name=name,
        value=row["value"],
        low=row["low"],
        high=row["high"],
        baseline=row["baseline"],
        caption=caption,
    )


def confidence_chart(confidence: Json) -> Markup:
    """Draw the distribution of confidence."""
    bins = confidence["bins"]
    return histogram(
        [cell["share"] for cell in bins],
        [cell["baseline"] for cell in bins],
        [cell["from"] for cell in bins] + [bins[-1]["to"]],
        title="Confidence of the best vehicle, now and in the baseline",
    )


def quality_chart(rows: Sequence[Json]) -> Markup:
    """Draw median and tails of each quality figure."""
    return spread_bars(
        [_spread(row) for row in rows],
        title="Image quality: middle and 5 to 95 %, now and before",
    )


def _spread(row: Json) -> Spread:
    name, before = row["name"], None
    now = tuple(row[level] for level in _LEVELS)
    low, middle, high = (format_figure(name, level) for level in now)
    caption = f"{middle} ({low} to {high})"
    if "baseline_p50" in row:
        before = tuple(row[f"baseline_{level}"] for level in _LEVELS)
        caption += f" · baseline {format_figure(name, before[1])}"
    return Spread(name=TITLES[name].lower(), now=now, before=before, caption=caption)


def accuracy_chart(accuracy: Json) -> Markup:
    """Draw the model's own estimates beside the accuracy on human labels."""
    days, combined = accuracy["days"], accuracy["combined"]
    marks = [
        _accuracy_mark("own estimate, today", accuracy["estimated"]),
        _accuracy_mark(f"own estimate, {days} days", accuracy["estimated_audit_days"]),
        _accuracy_mark("automatic, audited", accuracy["automatic"]),
        _accuracy_mark("reviewed", accuracy["reviewed"]),
    ]
    if combined:
        labelled = accuracy["automatic"]["labelled"] + accuracy["reviewed"]["labelled"]
        marks.append(_accuracy_mark("all photos", combined | {"n": labelled}))
    lows = [mark.low for mark in marks if mark.low is not None]
    bottom = next((low for low in (0.95, 0.9, 0.8, 0.5) if min(lows, default=0) >= low), 0.0)
    return intervals(marks, title="Accuracy with 95 % intervals", low=bottom)


def _accuracy_mark(name: str, row: Json) -> Mark:
    if row["value"] is None:
        caption = "no such photo" if "estimate" in name else "no labels yet"
        return Mark(name=name, value=None, low=None, high=None, caption=caption)
    n = "" if row["n"] is None else f" · n = {row['n']:,}"
    is_complete = row["low"] == row["high"]
    bounds = "all of them labelled" if is_complete else interval(row["low"], row["high"])
    return Mark(
        name=name,
        value=row["value"],
        low=row["low"],
        high=row["high"],
        caption=f"{percent(row['value'])} ({bounds}){n}",
    )


def trends(document: Json) -> list[tuple[str, str, Markup]]:
    """Return title, unit and chart of what differs today, then of the general figures.

    Empty where no earlier report is known.
    """
    rows = [*document["history"], _now(document)]
    if len(rows) < 2:
        return []
    changed = [check for check in document["checks"] if check["verdict"] in LOUD and check["test"]]
    changed.sort(key=lambda check: (LOUD.index(check["verdict"]), check["p"]))
    return [
        (check["title"], f"difference from the baseline, in {check['unit']}", _change(check, rows))
        for check in changed[:_MOST_CHANGES]
    ] + [
        (title, "", _share_trend(name, title, rows))
        for name, title in _TRENDS.items()
        if any(name in row["figures"] for row in rows)
    ]


def _now(document: Json) -> Json:
    return {
        "label": document["window"]["short_label"],
        "verdict": document["verdict"],
        "figures": document["metrics"],
        "effects": {
            _key(check): check["effect"] * (check["direction"] or 1)
            for check in document["checks"]
            if check["effect"] is not None
        },
    }


def _key(check: Json) -> str:
    return f"{check['name']}@{check['model_version']}"


def _change(check: Json, rows: Sequence[Json]) -> Markup:
    unit, key = check["unit"], _key(check)

    def in_words(value: float) -> str:
        return f"{100 * value:.1f}" if unit == POINTS else f"{value:.2f}"

    dots = _dots(
        rows, lambda row: row["effects"].get(key), lambda value: format_effect(value, unit)
    )
    return trend(dots, title=check["title"], in_words=in_words, least=_LEAST[unit])


def _share_trend(name: str, title: str, rows: Sequence[Json]) -> Markup:
    known = [row["figures"][name] for row in rows if name in row["figures"]]
    digits = 0 if max(known) - min(known) > 0.05 else 1  # or two lines would have the same label
    dots = _dots(rows, lambda row: row["figures"].get(name), percent)
    return trend(
        dots, title=title, in_words=lambda value: percent(value, digits), within=(0.0, 1.0)
    )


def _dots(
    rows: Sequence[Json],
    value_of: Callable[[Json], float | None],
    in_words: Callable[[float], str],
) -> list[Dot]:
    dots = []
    for row in rows:
        value, verdict = value_of(row), row["verdict"]
        words = "" if value is None else f" {in_words(value)},"
        title = f"{row['label']}:{words} {verdict}"
        dots.append(Dot(value=value, tone=tone(verdict), day=row["label"], title=title))
    return dots
