"""Chapters on what came: hours, mixes, confidence, image quality, capture."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitoring.report.advice import TITLES
from monitoring.report.page.charts import Mark, histogram, intervals, stacked_bars
from monitoring.report.page.front import STATUSES
from monitoring.report.page.markup import (
    chapter,
    number,
    percent,
    table,
    tag,
    text,
)
from monitoring.report.page.spreads import Spread, spread_bars
from monitoring.report.units import figure_in_words

Json = Mapping[str, Any]
_LEVELS = ("p5", "p50", "p95")
_QUALITY_SAID = (
    "Brightness and contrast go from 0 to 1; sharpness is a logarithm: 0.3 less halves the edges' "
    "variance."
)
_COLOURS = (("ours", "now"), ("baseline", "baseline"))


def figure(title: str, more: str, *inside: str) -> str:
    """A chart with its title."""
    return tag("figure", tag("figcaption", text(title), " ", tag("span", text(more))), *inside)


def key(*kinds: tuple[str, str]) -> str:
    """What the colours mean."""
    items = (tag("li", text(said), class_=f"t-{kind}") for kind, said in kinds)
    return tag("ul", *items, class_="key")


def hours(document: Json) -> str:
    """When the photos came, and what became of them."""
    rows = document["hours"]
    if not document["conservation"]["received"]:
        return chapter("hours", "Over the day", tag("p", "No photo came.", class_="note"))
    present = [name for name in STATUSES if any(row[name] for row in rows)]
    chart = stacked_bars(
        [row["label"] for row in rows],
        [(name, [row[name] for row in rows]) for name in present],
        said="Photos by the hour in which they were received",
    )
    kinds = key(*((name, STATUSES[name]) for name in present))
    zone = document["window"]["time_zone"]
    reviews = [_reviews(model) for model in document["models"]]
    drawn = figure("Received, by hour", zone, chart, kinds)
    return chapter("hours", "Over the day", tag("div", drawn, *reviews, class_="charts"))


def _reviews(model: Json) -> str:
    review = model["review"]
    rows = [[text(name.replace("_", " ")), f"{n:,}"] for name, n in review["reasons"].items()]
    mark = Mark(
        name="sent to review",
        value=review["value"],
        low=review["low"],
        high=review["high"],
        baseline=review["baseline"],
        said=f"{percent(review['value'])}, baseline {percent(review['baseline'])}",
    )
    chart = intervals([mark], said="Share of photos sent to review", high=_top([mark]))
    more = f"why a person was asked; model {model['version']}"
    return figure("Review", more, chart, table(["reason", "photos"], rows))


def _top(marks: Sequence[Mark]) -> float:
    values = [max(each.high or 0, each.baseline or 0) for each in marks]
    return next((top for top in (0.05, 0.1, 0.25, 0.5) if max(values) <= top), 1.0)


def model_chapter(model: Json) -> str:
    """One model version's photos beside its baseline."""
    baseline = model["baseline"]
    note = f"{model['n']:,} photos; " + (
        _baseline(baseline) if baseline else "this model has no baseline, so nothing is compared."
    )
    drawn = (
        _classes(model, "classes", "Most probable class"),
        _confidence(model),
        _classes(model, "formats", "File format"),
        _quality(model),
    )
    charts = tag("div", *drawn, class_="charts")
    version = model["version"]
    return chapter(f"model-{_slug(version)}", f"Model {version}", charts, note=note)


def _baseline(baseline: Json) -> str:
    """What days are compared with, and what that cannot say."""
    known = f"{baseline['n']:,} photos, threshold {number(baseline['threshold'])}"
    if baseline["is_observed"]:
        days = f"{baseline['observed_from']} to {baseline['observed_to']}; "
        when = days if baseline["observed_from"] else ""
        return f"the baseline is a quiet time of this system's own ({when}{known})."
    return (
        f"the baseline is the one of the model's evaluation ({known}). Its photos are no drivers' "
        "photos: sizes, shapes and formats are not compared, and mixes only as far as the "
        "evaluation's stands for yours. `scones baseline` makes one of a quiet week."
    )


def _slug(version: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in version)


def _classes(model: Json, name: str, title: str) -> str:
    marks = [
        Mark(
            name=row["name"],
            value=row["value"],
            low=row["low"],
            high=row["high"],
            baseline=row["baseline"],
            said=f"{row['count']:,} · {percent(row['value'])}"
            + (f" · baseline {percent(row['baseline'])}" if row["baseline"] is not None else ""),
        )
        for row in model[name]
    ]
    chart = intervals(marks, said=f"{title}: shares with their 95 % intervals")
    return figure(title, "with 95 % intervals", chart, key(*_COLOURS))


def _confidence(model: Json) -> str:
    found = model["confidence"]
    bins, psi = found["bins"], found["psi"]
    edges = [each["from"] for each in bins] + [bins[-1]["to"]]
    chart = histogram(
        [each["share"] for each in bins],
        [each["baseline"] for each in bins],
        edges,
        said="Confidence of the best vehicle, now and in the baseline",
    )
    source = "Data Capture" if found["source"] == "capture" else "the ledger"
    more = f"{found['n']:,} values from {source}; mean {number(found['mean'])}"
    if found["baseline_mean"] is not None:
        more += f", baseline {number(found['baseline_mean'])}"
    known = (
        tag(
            "p",
            text(
                f"PSI {number(psi['value'])}; at this n, one quiet day in a hundred exceeds "
                f"{number(psi['critical_1_percent'])}. The usual 0.1 and 0.2 do not know n."
            ),
            class_="note",
        )
        if psi
        else ""
    )
    kinds = key(*_COLOURS)
    return figure("Confidence", more, chart, kinds, known)


def _quality(model: Json) -> str:
    spreads = [_spread(row) for row in model["quality"]]
    chart = spread_bars(spreads, said="Image quality: middle and 5 to 95 %, now and before")
    note = tag("p", text(_QUALITY_SAID), class_="note")
    more = "median, and where 5 to 95 % of the photos lie"
    return figure("Image quality", more, chart, key(*_COLOURS), note)


def _spread(row: Json) -> Spread:
    now = tuple(row[level] for level in _LEVELS)
    said, before = _tails(row["name"], now), None
    if "baseline_p50" in row:
        before = tuple(row[f"baseline_{level}"] for level in _LEVELS)
        said += f" · baseline {figure_in_words(row['name'], before[1])}"
    return Spread(name=TITLES[row["name"]].lower(), now=now, before=before, said=said)


def _tails(name: str, levels: tuple[float, ...]) -> str:
    low, middle, high = (figure_in_words(name, level) for level in levels)
    return f"{middle} ({low} to {high})"
