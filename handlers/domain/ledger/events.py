"""What other systems are told: events as docs/events.md and its schemas describe them.

Derived from two images of a ledger row, so that the same change always gives the same events.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from handlers.domain.review.row import ItemImage
from handlers.domain.timestamps import parse, stamp

SOURCE = "scones"
SCHEMA_VERSION = 1

_ASSIGNMENT_FIELDS = ("photo_id", "vehicle", "order_range", "valid_until")
_BY_STATUS = {
    "assigned": "PhotoAssigned",
    "in_review": "PhotoInReview",
    "rejected": "PhotoRejected",
    "failed": "PhotoFailed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoEvent:
    """One event for the bus."""

    name: str  # the detail type
    occurred_at: str
    detail: dict[str, Any]  # JSON


def events_of(old: ItemImage, new: ItemImage) -> tuple[PhotoEvent, ...]:
    """`old` is empty for a row that was not there before."""
    events = list(_status_events(old, new))
    events += _assignment_events(old, new)
    return tuple(events)


def _status_events(old: ItemImage, new: ItemImage) -> Iterator[PhotoEvent]:
    name = _BY_STATUS.get(new["status"])
    if name is None or _fate(old) == _fate(new):
        return
    facts: dict[str, Any] = {"decided_by": _who(new)}
    if name == "PhotoAssigned":
        facts |= {field: new[field] for field in ("vehicle", "order_range", "valid_until")}
        facts["superseded"] = bool(new.get("superseded", False))
    elif name == "PhotoRejected":
        facts |= {"reason": new.get("reason", ""), "message": new.get("message", "")}
    yield _event(name, new, facts)


def _fate(row: ItemImage) -> tuple[object, ...]:
    """What the driver learns: a verdict may change the vehicle and not the status."""
    return row.get("status"), row.get("vehicle"), row.get("reason")


def _assignment_events(old: ItemImage, new: ItemImage) -> Iterator[PhotoEvent]:
    for decision in new.get("decisions", ()):
        if int(decision["seq"]) <= int(old.get("decision_seq", 0)):
            continue
        before = _assignment(decision["before"].get("assignment"))
        after = _assignment(decision["after"].get("assignment"))
        if before != after:
            facts = {"assignment": after, "previous": before, "cause": decision["kind"]}
            yield _event("AssignmentChanged", new, facts)
    by_model = new["status"] == "assigned" != old.get("status") and _who(new) == "model"
    if by_model and not new.get("superseded", False) and not _is_decided(old, new):
        facts = {"assignment": _assignment(new), "cause": "photo"}
        yield _event("AssignmentChanged", new, facts)


def _is_decided(old: ItemImage, new: ItemImage) -> bool:
    return int(new.get("decision_seq", 0)) > int(old.get("decision_seq", 0))


def _assignment(image: ItemImage | None) -> dict[str, str] | None:
    return {name: image[name] for name in _ASSIGNMENT_FIELDS} if image else None


def _who(row: ItemImage) -> str:
    """Names of people stay inside."""
    decided_by = row.get("decided_by", "")
    return "reviewer" if decided_by and decided_by != "model" else "model"


def _event(name: str, row: ItemImage, facts: dict[str, Any]) -> PhotoEvent:
    seq, attempt = int(row.get("decision_seq", 0)), int(row["attempt"])
    identity = f"{name}\n{row['photo_id']}\n{attempt}\n{seq}\n{row['status']}"
    occurred_at = stamp(parse(row["updated_at"]))
    return PhotoEvent(
        name=name,
        occurred_at=occurred_at,
        detail={
            "schema_version": SCHEMA_VERSION,
            "event_id": hashlib.sha256(identity.encode()).hexdigest()[:32],
            "occurred_at": occurred_at,
            "photo_id": row["photo_id"],
            "driver_id": row.get("driver_id") or None,
            "upload_id": row.get("upload_id") or None,
            "order_id": row.get("order_id") or None,
            "decision_seq": seq,
            **facts,
        },
    )
