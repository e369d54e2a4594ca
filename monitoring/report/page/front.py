"""What one reads first: the verdict, what to do, the counts, and the photos to look at."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitoring.report.facts import Thumbnail
from monitoring.report.page.markup import (
    DASH,
    between,
    chapter,
    duration,
    number,
    percent,
    tag,
    text,
)
from monitoring.report.units import amount

Json = Mapping[str, Any]
LOUD = ("ACT", "WATCH")
_PICTURE = "data:image/jpeg;base64,"
STATUSES = {
    "assigned": "assigned",
    "in_review": "in review",
    "rejected": "rejected",
    "failed": "failed",
    "in_flight": "in flight",
}


def tone(verdict: str) -> str:
    """The class that colours a verdict."""
    return verdict.partition(" ")[0]


def heading(document: Json) -> str:
    """Verdict and headline."""
    window = document["window"]
    stage = f" · {document['stage']}" if document["stage"] else ""
    top = tag(
        "div",
        tag("h1", text(f"{document['title']}: monitoring{stage}")),
        tag("p", text(f"{window['label']} ({window['time_zone']})"), class_="soft"),
        class_="top",
    )
    verdict = tag(
        "div",
        tag("strong", text(document["verdict"])),
        tag("p", text(document["answer"]), class_="answer"),
        tag("p", text(document["headline"])),
        class_=f"verdict {tone(document['verdict'])}",
    )
    return tag("header", top, verdict) + "\n"


def what_to_do(document: Json) -> str:
    """Every check that is not quiet, the loudest first."""
    loud = [check for check in document["checks"] if check["verdict"] in LOUD]
    if not loud:
        return ""
    ordered = sorted(loud, key=lambda check: (LOUD.index(check["verdict"]), check["p"] or 0.0))
    alike: dict[tuple[str, str], list[Json]] = {}
    for check in ordered:
        alike.setdefault((check["verdict"], check["advice"]), []).append(check)
    items = [
        tag(
            "li",
            *map(_found, found),
            tag("p", tag("b", "What to do: "), text(advice), class_="advice"),
            class_=tone(verdict),
        )
        for (verdict, advice), found in alike.items()
    ]
    return chapter("what", "What is different, and what to do", tag("ul", *items, class_="loud"))


def _found(check: Json) -> str:
    return tag(
        "div",
        tag("span", text(check["verdict"]), class_="badge"),
        tag("h3", text(check["title"])),
        tag("p", text(check["sentence"]), tag("b", text(_since(check)))),
        tag("p", text(_context(check)), class_="soft rule"),
    )


def _since(check: Json) -> str:
    if not check["since"]:
        return ""
    if check["days"] == 1:
        return " New in this report."
    return f" The same since {check['since'][:10]}: {check['days']} reports in a row."


def _context(check: Json) -> str:
    """What a statistician would ask: n, statistic, critical values, effect, floor, rule, model."""
    span = {"week": " over seven days", "audit": " over the audit's days"}.get(check["window"], "")
    beside = f" beside a baseline of {check['baseline_n']:,}" if check["baseline_n"] else ""
    parts = [f"n = {check['n']:,}{span}{beside}"]
    if check["statistic"] is not None:
        watch, act = number(check["critical_watch"]), number(check["critical_act"])
        parts.append(f"statistic {number(check['statistic'])}, critical {watch} and {act}")
        parts.append(f"effect {effect(check, 'effect')}, floor {effect(check, 'floor')}")
    parts.append(check["rule"])
    parts += [f"model {check['model_version']}"] if check["model_version"] else []
    return " · ".join(parts)


def effect(check: Json, which: str) -> str:
    """An effect or its floor, in the unit of the check."""
    value = check[which]
    return DASH if value is None else amount(value, check["unit"])


def counts(document: Json) -> str:
    """Conservation first, then the figures that people ask for."""
    counted = document["conservation"]
    objects = counted["objects"]
    of_objects = "" if objects is None else f"of {objects:,} objects"
    cells = [_count("received", f"{counted['received']:,}", of_objects, "ours")]
    cells += [_count(name, f"{counted[key]:,}", "", key) for key, name in STATUSES.items()]
    capture, accuracy = document["capture"], document["accuracy"] or {}
    if capture is not None:
        share = percent(capture["completeness"])
        cells.append(_count("captured", share, f"{capture['records']:,} records"))
    combined = accuracy.get("combined")
    if combined:
        interval = between(combined["low"], combined["high"], 0)
        cells.append(_count("right, all photos", percent(combined["value"]), interval))
    machine = document["latency"]["machine"]
    if machine["n"]:
        slow = f"95 %: {duration(machine['p95'])}"
        cells.append(_count("time to outcome", duration(machine["p50"]), slow))
    return chapter("counts", "Photos", tag("dl", *cells, class_="counts"))


def _count(name: str, value: str, more: str = "", kind: str = "") -> str:
    return tag(
        "div",
        tag("dt", text(name)),
        tag("dd", text(value)),
        tag("dd", text(more)) if more else "",
        class_=f"t-{kind}" if kind else None,
    )


def examples(document: Json, thumbnails: Sequence[Thumbnail]) -> str:
    """Photos that show the loudest change."""
    found = document["examples"]
    if not found or not found["photos"]:
        return ""
    pictures = {each.photo_id: each.data_uri for each in thumbnails}
    items = []
    for photo in found["photos"]:
        source = pictures.get(photo["photo_id"], "")
        if source.startswith(_PICTURE):
            picture = f'<img src="{text(source)}" alt="">'
        else:
            picture = tag("div", "no picture", class_="blank")
        sure = percent(photo["confidence"]) if photo["confidence"] is not None else ""
        said = f"{photo['vehicle']} {sure}".strip()
        seen = f", seen: {photo['verdict']}" if photo["verdict"] else ""
        figure = f"{photo['figure']} · " if photo["figure"] else ""
        caption = tag(
            "p",
            text(f"{figure}{said}{seen}"),
            *("<br>", tag("span", text(photo["key"]))),
            *("<br>", tag("span", text(photo["received_label"]), class_="soft")),
        )
        items.append(tag("li", picture, caption))
    return chapter(
        "examples", f"Photos behind “{found['title']}”", tag("ul", *items, class_="pictures")
    )
