"""What one looks up: times, history, every check, the photos behind the counts."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitoring.report.page.charts import trend
from monitoring.report.page.front import tone
from monitoring.report.page.markup import chapter, duration, number, table, tag, text
from monitoring.report.page.traffic import figure

Json = Mapping[str, Any]
LISTED = 50
_TRENDS = {
    "ReviewRate": "Share sent to review",
    "MeanConfidence": "Mean confidence",
    "AuditedAccuracy": "Right, audited",
    "CaptureCompleteness": "Capture completeness",
}


def times(document: Json) -> str:
    """Latency and queues."""
    found, queues = document["latency"], document["queues"]
    rows = [
        [
            text(name),
            f"{each['n']:,}",
            *(duration(each[level]) for level in ("p50", "p95", "p99", "longest")),
        ]
        for name, each in (
            ("received to outcome, no person", found["machine"]),
            ("queued to verdict, by a person", found["review"]),
        )
    ]
    head = ["", "photos", "half", "95 %", "99 %", "longest"]
    waiting = [
        ["open reviews", _count(queues["reviews_open"])],
        ["oldest of them", duration(queues["oldest_review_s"])],
        ["failures waiting", _count(queues["failures_waiting"])],
        ["dead letters", _count(queues["dead_letters"])],
    ]
    panels = (
        tag("div", tag("h3", "How long it took"), table(head, rows), class_="panel"),
        tag("div", tag("h3", "What waits"), table(["", ""], waiting), class_="panel"),
    )
    return chapter("times", "Times and queues", tag("div", *panels, class_="charts"))


def _count(value: int | None) -> str:
    return "not measured" if value is None else f"{value:,}"


def history(document: Json) -> str:
    """Each figure over the windows that are known, this one last."""
    now = {
        "start": document["window"]["start"],
        "verdict": document["verdict"],
        "figures": document["metrics"],
    }
    rows = [*document["history"], now]
    if len(rows) < 2:
        return ""
    tones = [tone(row["verdict"]) for row in rows]
    drawn = [
        figure(title, "", _trend(name, title, rows, tones))
        for name, title in _TRENDS.items()
        if any(name in row["figures"] for row in rows)
    ]
    return chapter(
        "history",
        "Since when",
        tag("div", *drawn, class_="charts"),
        note="One dot a window, coloured by its verdict.",
    )


def _trend(name: str, title: str, rows: Sequence[Json], tones: Sequence[str]) -> str:
    ends = (rows[0]["start"][:10], rows[-1]["start"][:10])
    return trend([row["figures"].get(name) for row in rows], tones, ends, said=title)


def checks(document: Json) -> str:
    """All of them, quiet ones included."""
    rows = [
        [
            tag("span", text(check["verdict"]), class_=f"badge {tone(check['verdict'])}"),
            text(check["title"]) + tag("div", text(check["sentence"]), class_="soft"),
            f"{check['n']:,}",
            number(check["statistic"]),
            number(check["critical_watch"]),
            number(check["effect"]),
            number(check["floor"]),
        ]
        for check in document["checks"]
    ]
    head = ["verdict", "check", "n", "statistic", "at 1 %", "effect", "floor"]
    inside = tag("div", table(head, rows, numbers_from=2), class_="panel")
    note = (
        "WATCH asks for eyes: p < 0.01 and an effect above the floor. ACT asks for hands: "
        "p < 0.001, or WATCH in the same direction on 2 of the last 3 days."
    )
    return chapter("checks", "Every check", inside, note=note)


def photos(document: Json) -> str:
    """Which photos are behind a count; photos.csv beside this page has them all."""
    groups = "".join(_group(group) for group in document["photos"])
    if not groups:
        return ""
    note = "The file photos.csv beside this page lists every photo with its figures."
    return chapter("photos", "Photos behind the counts", groups, note=note)


def _group(group: Json) -> str:
    items = [
        tag("li", text(photo["key"]), " ", tag("code", text(photo["photo_id"][:16])))
        for photo in group["listed"][:LISTED]
    ]
    rest = group["n"] - len(items)
    more = tag("p", f"and {rest:,} more", class_="note") if rest > 0 else ""
    title = tag("summary", text(group["title"]), f" ({group['n']:,})")
    return tag("details", title, tag("ul", *items), more)


def foot(document: Json) -> str:
    """Where the page comes from."""
    window, version = document["window"], document["code_version"]
    parts = [
        f"Photos received from {window['start']} to {window['end']}.",
        f"As of {window['as_of_label']}.",
        f"Code {version}." if version else "",
        "report.json beside this page has every figure.",
    ]
    return tag("footer", tag("p", text(" ".join(filter(None, parts))), class_="soft"))
