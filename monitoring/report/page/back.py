"""What one looks up: times, history, every check, the photos behind the counts."""

from collections.abc import Mapping
from typing import Any

from monitoring.report.page.front import effect, tone
from monitoring.report.page.markup import chapter, duration, number, table, tag, text

Json = Mapping[str, Any]
LISTED = 50


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
    head = ["", "photos", "median", "95 % within", "99 % within", "longest"]
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


def checks(document: Json) -> str:
    """All of them, quiet ones included."""
    several = len(document["models"]) > 1
    rows = [
        [
            tag("span", text(check["verdict"]), class_=f"badge {tone(check['verdict'])}"),
            _titled(check, several=several),
            f"{check['n']:,}",
            number(check["statistic"]),
            number(check["critical_watch"]),
            effect(check, "effect"),
            effect(check, "floor"),
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


def _titled(check: Json, *, several: bool) -> str:
    model = f" (model {check['model_version']})" if several and check["model_version"] else ""
    span = {"week": " Over seven days.", "audit": " Over the audit's days."}
    said = check["sentence"] + span.get(check["window"], "")
    title = tag("span", text(check["title"] + model), title=f"Rule: {check['rule']}")
    return title + tag("div", text(said), class_="soft")


def photos(document: Json) -> str:
    """Which photos are behind a count; photos.csv beside this page has them all."""
    groups = "".join(_group(group) for group in document["photos"])
    if not groups:
        return ""
    note = (
        "The file photos.csv beside this page lists every photo of this window with its figures, "
        "judged.csv every photo of the audit's days that a person judged."
    )
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


_WORDS = (
    ("OK, WATCH, ACT", "nothing to do; have a look; do what the card says"),
    ("baseline", "what the model's figures looked like in a time that was normal"),
    ("points", "differences of shares: from 10 % to 15 % are 5 points"),
    ("sd", "the baseline's standard deviation: two photos in three lie within one of its mean"),
    ("quiet day", "a day on which nothing has changed; chance alone makes some look changed"),
    ("audit", "a random share of the photos that the model decided, shown to a person, too"),
    ("n", "how many photos the figure is about"),
    ("p < 0.01", "chance alone would do this on less than one quiet day in a hundred"),
    ("effect, floor", "how large a change is, and from which size on it matters"),
)


def words() -> str:
    """What the words on this page mean, for whoever does not read statistics every day."""
    items = (tag("dt", text(name)) + tag("dd", text(said)) for name, said in _WORDS)
    inside = tag("details", tag("summary", "What the words mean"), tag("dl", *items))
    return tag("section", inside, id="words") + "\n"


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
