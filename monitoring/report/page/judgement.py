"""Chapters on how right the model is: accuracy, confusion, thresholds."""

from collections.abc import Mapping
from typing import Any

from monitoring.report.page.charts import Mark, intervals
from monitoring.report.page.markup import between, chapter, number, percent, table, tag, text
from monitoring.report.page.traffic import figure

Json = Mapping[str, Any]


def accuracy(document: Json) -> str:
    """What the model expects beside what people found."""
    found = document["accuracy"]
    if found is None:
        return chapter("accuracy", "Accuracy", note="No photo was classified: nothing to judge.")
    days = found["days"]
    named = (
        ("the model's own estimate, today", found["estimated"]),
        (f"its own estimate, {days} days", found["estimated_audit_days"]),
        ("decided by the model, audited", found["automatic"]),
        ("decided by a person", found["reviewed"]),
    )
    marks = [_mark(name, each) for name, each in named]
    combined = found["combined"]
    if combined:
        judged = found["automatic"]["judged"] + found["reviewed"]["judged"]
        marks.append(_mark("all photos", combined | {"n": judged}))
    bottoms = [mark.low for mark in marks if mark.low is not None]
    low = next((each for each in (0.95, 0.9, 0.8, 0.5) if min(bottoms, default=0) >= each), 0.0)
    chart = intervals(marks, said="Accuracy with 95 % intervals", low=low)
    more = f"model {found['model_version']}, with 95 % intervals"
    drawn = figure(f"Right, over {days} days", more, chart, _caveat(found))
    tables = [
        _confusion("Decided by the model, audited", found["confusion"]["audited"]),
        _confusion("Decided by a person", found["confusion"]["reviewed"]),
    ]
    charts = tag("div", drawn, *tables, _people(found), class_="charts")
    return chapter("accuracy", "Is the classifier right?", charts)


def _mark(name: str, found: Json) -> Mark:
    if found["value"] is None:
        nothing = "no such photo" if "estimate" in name else "nobody judged any"
        return Mark(name=name, value=None, low=None, high=None, said=nothing)
    n = "" if found["n"] is None else f" · n = {found['n']:,}"
    certain = found["low"] == found["high"]
    interval = "all of them judged" if certain else between(found["low"], found["high"])
    return Mark(
        name=name,
        value=found["value"],
        low=found["low"],
        high=found["high"],
        said=f"{percent(found['value'])} ({interval}){n}",
    )


def _caveat(found: Json) -> str:
    error = found["calibration_error"]
    known = (
        f" (its calibration error was {percent(error)} on {found['calibration_n']:,} photos)"
        if error is not None and found["calibration_n"]
        else ""
    )
    return tag(
        "p",
        text(
            "The estimate is the model's own, of the photos that it decided: it holds while the "
            f"model is calibrated{known}, and cannot see the day on which it is not. Photos that a "
            "person decides are the hard ones, so they alone say too little. Only audits are drawn "
            "by chance; “all photos” weighs both as they came."
        ),
        class_="note",
    )


def _confusion(title: str, found: Json) -> str:
    if not found["counts"]:
        return figure(f"{title}: what people saw", "", tag("p", "None yet.", class_="note"))
    head = ["the model said", *found["seen"]]
    rows = [
        [text(name), *(f"{count:,}" for count in counts)]
        for name, counts in zip(found["predicted"], found["counts"], strict=True)
    ]
    return figure(f"{title}: what people saw", "", table(head, rows))


def _people(found: Json) -> str:
    agreed, seeded, unusable = found["agreement"], found["seeded"], found["unusable"]
    rows = []
    if agreed["pairs"]:
        rows += [
            ["pairs of opinions", f"{agreed['pairs']:,}"],
            ["same answer", _share(agreed)],
            ["beyond chance (kappa)", number(agreed["kappa"])],
        ]
    if seeded["n"]:
        rows.append(["known answers that were hit", _share(seeded)])
    if unusable:
        rows.append(["unusable photos", f"{unusable:,}"])
    if not rows:
        said = "No photo was judged twice, and none had an answer known before."
        return figure("How far people agree", "", tag("p", said, class_="note"))
    return figure("How far people agree", "", table(["", ""], rows))


def _share(found: Json) -> str:
    if found["value"] is None:
        return "–"
    return f"{percent(found['value'])} ({between(found['low'], found['high'])})"


def thresholds(document: Json) -> str:
    """What is in force, and what others would have done."""
    found = document["thresholds"]
    in_force = [
        [
            text(row["model_version"]),
            number(row["threshold"]),
            _origin(row),
            f"{row['photos']:,}",
        ]
        for row in found["in_force"]
    ]
    others = [
        [
            _level(row),
            percent(row["review_share"]),
            percent(row["expected_error"], 2),
            _judged(row),
        ]
        for row in found["others"]
    ]
    if not in_force and not others:
        return ""
    head = ["threshold", "to review", "wrong, estimated", "wrong, as people saw"]
    panels = (
        tag(
            "div",
            tag("h3", "In force"),
            table(["model", "threshold", "from", "photos"], in_force),
            class_="panel",
        ),
        figure("What others would have done", _over(document), table(head, others)),
    )
    return chapter("thresholds", "Thresholds", tag("div", *panels, class_="charts"))


def _level(row: Json) -> str:
    if row["in_force"]:
        return f"<b>{number(row['threshold'])}</b> in force"
    return number(row["threshold"]) + (" earlier" if row["was_in_force"] else "")


def _over(document: Json) -> str:
    accuracy = document["accuracy"]
    if not accuracy:
        return ""
    return f"over {accuracy['days']} days, model {accuracy['model_version']}"


def _origin(row: Json) -> str:
    return text(row["source"].replace("_", " "))


def _judged(row: Json) -> str:
    error = row["judged_error"]
    if error is None:
        return "–"
    return f"{percent(error['value'])} ({between(error['low'], error['high'])}; {row['judged']:,})"
