"""The chapter on Data Capture itself."""

from collections.abc import Mapping
from typing import Any

from monitoring.report.page.markup import chapter, table, tag, text

Json = Mapping[str, Any]


def capture(document: Json) -> str:
    """How much of what was classified lies in Data Capture, and in which state."""
    found = document["capture"]
    if found is None:
        note = "Data Capture is switched off: every figure here is the ledger's."
        if document["capture_expired"]:
            note = "The captures of this time are deleted by now: every figure is the ledger's."
        return chapter("capture", "Data Capture", note=note)
    rows = [
        [
            "classified photos that were captured",
            f"{found['captured']:,} of {found['classified']:,}",
        ]
        if found["classified"] is not None
        else ["classified photos", "–"],
        ["files, of which late", f"{found['objects']:,}, {found['late_objects']:,}"],
        ["files that could not be read", f"{found['unreadable_objects']:,}"],
        ["lines", f"{found['lines']:,}"],
        ["records of this window", f"{found['records']:,}"],
        ["duplicates", f"{found['duplicates']:,}"],
        ["records of another time", f"{found['outside']:,}"],
    ]
    rows += [[f"variant {text(name)}", f"{n:,}"] for name, n in found["variants"].items()]
    rows += [
        [f"odd: {text(kind.replace('_', ' '))}", f"{n:,}"] for kind, n in found["anomalies"].items()
    ]
    unknown = {name for each in found["models"].values() for name in each["unknown_classes"]}
    if unknown:
        rows.append(["classes that no baseline knows", text(", ".join(sorted(unknown)))])
    panel = tag("div", table(["", ""], rows), _quoted(found), class_="panel")
    return chapter("capture", "Data Capture", panel)


def _quoted(found: Json) -> str:
    if not found["quoted"]:
        return ""
    items = (
        tag("li", text(f"{odd['kind']}, {odd['object_key']}: "), tag("code", text(odd["quoted"])))
        for odd in found["quoted"]
    )
    return tag("details", tag("summary", "The first odd lines"), tag("ul", *items))
