"""The documents of `submit` and `status` as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.cli.errors import plain_text

if TYPE_CHECKING:
    from infra.operations.outcomes import Outcome
    from infra.operations.upload import SubmittedUpload

# Any: JSON documents, the same that --json prints.
Document = dict[str, Any]


def submitted(upload: SubmittedUpload, outcome: Outcome | None) -> Document:
    """One uploaded file, with what became of it if that was waited for."""
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
    """A line a file: the photo's id first, for scripts that cut."""
    return "\n".join(
        "  ".join([row["photo_id"], plain_text(row["path"]), *_ending(row)]) for row in rows
    )


def system(document: Document) -> str:
    """The stage at a glance."""
    photos = document["photos"]
    counts = ", ".join(f"{count} {_words(name)}" for name, count in sorted(photos.items()))
    queues = ", ".join(f"{name} {count}" for name, count in document["queues"].items())
    processes = ", ".join(
        f"{name} {'runs' if alive else 'IS DEAD'}" for name, alive in document["processes"].items()
    )
    lines = [
        ("system", f"{document['status']} since {document['since']}"),
        ("processes", processes),
        ("AWS endpoint", document["endpoint_url"]),
        ("status page", document["page_url"] or ""),
        ("reviewers' page", document["review_url"] or ""),
        ("photos", f"{sum(photos.values())}: {counts}" if photos else "none yet"),
        ("on their way", f"{document['executions_running']} execution(s)"),
        ("queues", queues),
    ]
    if document["drop_folder"]:
        waiting = f"{document['drop_folder_waiting']} waiting"
        lines.append(("drop folder", f"{plain_text(document['drop_folder'])}: {waiting}"))
    return _table(lines)


def photo(document: Document) -> str:
    """A photo's story in short."""
    confidence = document["confidence"]
    lines = [
        ("photo", document["photo_id"]),
        ("key", plain_text(document["key"])),
        ("driver", plain_text(document["driver_id"] or "unknown")),
        ("uploaded", document["uploaded_at"]),
        ("status", "  ".join([_words(document["status"]), *_ending(document)[1:]])),
        ("says the driver", document["message"] or ""),
        ("decided by", document["decided_by"] or ""),
        ("confidence", "" if confidence is None else f"{confidence:.4f}"),
        ("superseded", "by a later photo" if document["superseded"] else ""),
    ]
    steps = [f"  {step['seconds']:8.3f} s  {step['state']}" for step in document["steps"]]
    return "\n".join([_table(lines), *steps])


def driver(document: Document) -> str:
    """What a driver sent, and what is in force."""
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


def _ending(row: Document) -> list[str]:
    """Outcome, vehicle, reason and time, as far as there are any."""
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
