"""The chapter that says since when: each figure over the windows that are known, this one last."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from monitoring.report.page.charts import Dot, trend
from monitoring.report.page.front import LOUD, tone
from monitoring.report.page.markup import chapter, tag
from monitoring.report.page.traffic import figure
from monitoring.report.units import POINTS, SD, amount

Json = Mapping[str, Any]
_SHARES = {
    "AuditedAccuracy": "Right, all photos",
    "ReviewRate": "Share sent to review",
    "MeanConfidence": "Mean confidence",
    "CaptureCompleteness": "Capture completeness",
}
_MOST_CHANGES = 6
_LEAST = {POINTS: 0.005, SD: 0.05}


def history(document: Json) -> str:
    """First what differs today, then the figures that people ask for."""
    rows = [*document["history"], _now(document)]
    if len(rows) < 2:
        return ""
    drawn = [_change(check, rows) for check in _changed(document)] + [
        figure(title, "", _share(name, title, rows))
        for name, title in _SHARES.items()
        if any(name in row["figures"] for row in rows)
    ]
    note = "One dot a report, coloured by its verdict; the last one is this report."
    return chapter("history", "Since when", tag("div", *drawn, class_="charts"), note=note)


def _now(document: Json) -> Json:
    signed = {
        _key(check): check["effect"] * (check["direction"] or 1)
        for check in document["checks"]
        if check["effect"] is not None
    }
    return {
        "label": document["window"]["short_label"],
        "verdict": document["verdict"],
        "figures": document["metrics"],
        "effects": signed,
    }


def _key(check: Json) -> str:
    return f"{check['name']}@{check['model_version']}"


def _changed(document: Json) -> Sequence[Json]:
    """The loudest checks that were tested."""
    loud = [each for each in document["checks"] if each["verdict"] in LOUD and each["test"]]
    return sorted(loud, key=lambda each: (LOUD.index(each["verdict"]), each["p"]))[:_MOST_CHANGES]


def _change(check: Json, rows: Sequence[Json]) -> str:
    unit, key = check["unit"], _key(check)

    def in_words(value: float) -> str:
        return f"{100 * value:.1f}" if unit == POINTS else f"{value:.2f}"

    dots = _dots(rows, lambda row: row["effects"].get(key), lambda value: amount(value, unit))
    chart = trend(dots, said=check["title"], in_words=in_words, least=_LEAST[unit])
    return figure(check["title"], f"difference from the baseline, in {unit}", chart)


def _share(name: str, title: str, rows: Sequence[Json]) -> str:
    known = [row["figures"][name] for row in rows if name in row["figures"]]
    digits = 0 if max(known) - min(known) > 0.05 else 1  # or two lines would have one name

    def in_words(value: float) -> str:
        return f"{100 * value:.{digits}f} %"

    dots = _dots(rows, lambda row: row["figures"].get(name), lambda value: f"{100 * value:.1f} %")
    return trend(dots, said=title, in_words=in_words, within=(0.0, 1.0))


def _dots(
    rows: Sequence[Json],
    value_of: Callable[[Json], float | None],
    in_words: Callable[[float], str],
) -> list[Dot]:
    found = []
    for row in rows:
        value, verdict = value_of(row), row["verdict"]
        said = "" if value is None else f" {in_words(value)},"
        title = f"{row['label']}:{said} {verdict}"
        found.append(Dot(value=value, tone=tone(verdict), day=row["label"], title=title))
    return found
