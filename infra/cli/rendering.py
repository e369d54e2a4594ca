"""The documents of `submit`, `status` and the controls as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.operations.plain_text import plain_text

if TYPE_CHECKING:
    from infra.operations.outcomes import Outcome
    from infra.operations.upload import SubmittedUpload

# Any: JSON documents, the same that --json prints.
Document = dict[str, Any]

_NO_STEPS = "no history: Express machines keep none, Standard machines keep it for 90 days"


def submitted_document(upload: SubmittedUpload, outcome: Outcome | None) -> Document:
    """Return one uploaded file and its outcome; the outcome's fields are null without one."""
    return {
        "path": str(upload.path),
        "photo_id": upload.photo_id,
        "key": upload.key,
        "outcome": outcome.outcome if outcome else None,
        "vehicle": outcome.vehicle if outcome else None,
        "confidence": outcome.confidence if outcome else None,
        "reason": outcome.reason if outcome else None,
        "seconds": outcome.seconds if outcome else None,
    }


def submissions(rows: list[Document]) -> str:
    """Return a line a file, the photo id first: scripts can cut it out."""
    return "\n".join(
        "  ".join([row["photo_id"], plain_text(row["path"]), *_ending(row)]) for row in rows
    )


def system(document: Document) -> str:
    """Return the system at a glance; lines without a value are left out."""
    photos, running = document["photos"], document["executions_running"]
    parked = document["parked"]
    counts = ", ".join(f"{count} {_words(name)}" for name, count in sorted(photos.items()))
    queues = ", ".join(f"{name} {count}" for name, count in document["queues"].items())
    processes = ", ".join(
        f"{name} {'runs' if alive else 'IS DEAD'}" for name, alive in document["processes"].items()
    )
    since = f" since {document['photos_since']}" if document["photos_since"] else ""
    lines = [
        ("system", f"{document['stage']}: {document['status']} since {document['since']}"),
        ("processes", processes),
        ("AWS endpoint", document["endpoint_url"] or ""),
        ("status page", document["page_url"] or ""),
        ("review page", document["review_url"] or ""),
        ("photos", f"{sum(photos.values())}{since}: {counts}" if photos else f"none{since}"),
        ("executions", "not listed: Express" if running is None else f"{running} running"),
        ("queues", queues),
        ("parked", f"{parked} photos wait for capacity" if parked else ""),
        *_controls(document["controls"]),
    ]
    if document["drop_folder"]:
        waiting = f"{document['drop_folder_waiting']} waiting"
        lines.append(("drop folder", f"{plain_text(document['drop_folder'])}: {waiting}"))
    return _table(lines)


def intake(document: Document) -> str:
    """Return whether photos wait, with who changed it, when and why."""
    state = "PAUSED, photos wait" if document["paused"] else "photos are decided as they arrive"
    return f"{state}{_change(document)}"


def recorded_threshold(document: Document | None) -> str:
    """Return which threshold operators have set, according to the record."""
    if document is None:
        return "cannot be read, so automatic assignment is stopped"
    return f"{plain_text(document['override']) or 'normal'}{_change(document)}"


def photo(document: Document) -> str:
    """Return a photo's row, and the states that its last execution entered."""
    confidence, steps = document["confidence"], document["steps"]
    lines = [
        ("photo", document["photo_id"]),
        ("key", plain_text(document["key"])),
        ("driver", plain_text(document["driver_id"] or "unknown")),
        ("uploaded", document["uploaded_at"]),
        ("status", "  ".join([_words(document["status"]), *_ending(document)[1:]])),
        ("message", document["message"] or ""),
        ("decided by", document["decided_by"] or ""),
        ("confidence", "" if confidence is None else f"{confidence:.4f}"),
        ("superseded", "by a later photo" if document["superseded"] else ""),
        ("steps", _NO_STEPS if steps is None else ""),
    ]
    entered = [f"  {step['seconds']:8.3f} s  {step['state']}" for step in steps or []]
    return "\n".join([_table(lines), *entered])


def driver(document: Document) -> str:
    """Return a driver's assignment in force and newest photos."""
    assignment = document["assignment"]
    lines = [("driver", plain_text(document["driver_id"]))]
    if assignment:
        text = f"{assignment['vehicle']}, {assignment['order_range']} orders"
        lines.append(("assigned", f"{text}, until {assignment['valid_until']}"))
    else:
        lines.append(("assigned", "nothing"))
    rows = [
        "  ".join(["", row["photo_id"][:12], row["uploaded_at"], *_ending(row)])
        for row in document["photos"]
    ]
    return "\n".join([_table(lines), *(rows or ["  no photos"])])


def _controls(document: Document) -> list[tuple[str, str]]:
    """Return what differs from the normal state."""
    lines = []
    if document["intake"]["paused"]:
        lines.append(("intake", intake(document["intake"])))
    if document["breaker"]["is_open"]:
        breaker = document["breaker"]
        change = f"since {breaker['since']}: {plain_text(breaker['reason'])}"
        lines.append(("breaker", f"OPEN, the endpoint is not called, {change}"))
    if document["threshold"] is None or document["threshold"]["override"]:
        lines.append(("threshold", recorded_threshold(document["threshold"])))
    if document["unreadable"]:
        lines.append(("unreadable", f"controls: {', '.join(document['unreadable'])}"))
    return lines


def _change(document: Document) -> str:
    if not document["since"]:
        return ""  # never changed
    reason = f": {plain_text(document['reason'])}" if document["reason"] else ""
    return f", since {document['since']} by {plain_text(document['by'])}{reason}"


def _ending(row: Document) -> list[str]:
    """Return outcome, vehicle, reason and time, without those that are absent."""
    outcome = row.get("outcome") or row.get("status")
    if outcome is None:
        return []
    words = [_words(outcome), row["vehicle"], row["reason"]]
    if row["seconds"] is not None:
        words.append(f"{row['seconds']:.2f} s")
    return [word for word in words if word]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _table(lines: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name:<16}{value}" for name, value in lines if value)
