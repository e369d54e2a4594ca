"""Events for other systems, as docs/events.md and its schemas describe them.

They are derived from two images of a ledger row, so the same change always gives the same events.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from handlers.domain.ledger.schema import AssignmentAttribute, PhotoAttribute
from handlers.domain.review.row import ItemImage
from handlers.domain.timestamps import parse, stamp

SOURCE = "scones"
SCHEMA_VERSION = 1

_ASSIGNMENT_FIELDS = (
    AssignmentAttribute.PHOTO_ID,
    AssignmentAttribute.VEHICLE,
    AssignmentAttribute.ORDER_RANGE,
    AssignmentAttribute.VALID_UNTIL,
)
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
    """Return the events of one change of a row; `old` is empty for a new row."""
    events = list(_status_events(old, new))
    events += _assignment_events(old, new)
    return tuple(events)


def _status_events(old: ItemImage, new: ItemImage) -> Iterator[PhotoEvent]:
    name = _BY_STATUS.get(new[PhotoAttribute.STATUS])
    if name is None or _final_state(old) == _final_state(new):
        return
    facts: dict[str, Any] = {"decided_by": _decided_by(new)}
    if name == "PhotoAssigned":
        facts |= {field: new[field] for field in ("vehicle", "order_range", "valid_until")}
        facts["superseded"] = bool(new.get(PhotoAttribute.SUPERSEDED, False))
    elif name == "PhotoRejected":
        facts |= {
            "reason": new.get(PhotoAttribute.REASON, ""),
            "message": new.get(PhotoAttribute.MESSAGE, ""),
        }
    yield _event(name, new, facts)


def _final_state(row: ItemImage) -> tuple[object, ...]:
    """The facts that the driver sees: a verdict may change the vehicle and keep the status."""
    return (
        row.get(PhotoAttribute.STATUS),
        row.get(PhotoAttribute.VEHICLE),
        row.get(PhotoAttribute.REASON),
    )


def _assignment_events(old: ItemImage, new: ItemImage) -> Iterator[PhotoEvent]:
    for decision in new.get(PhotoAttribute.DECISIONS, ()):
        if int(decision["seq"]) <= int(old.get(PhotoAttribute.DECISION_SEQ, 0)):
            continue
        before = _assignment(decision["before"].get("assignment"))
        after = _assignment(decision["after"].get("assignment"))
        if before != after:
            facts = {"assignment": after, "previous": before, "cause": decision["kind"]}
            yield _event("AssignmentChanged", new, facts)
    by_model = (
        new[PhotoAttribute.STATUS] == "assigned" != old.get(PhotoAttribute.STATUS)
        and _decided_by(new) == "model"
    )
    if by_model and not new.get(PhotoAttribute.SUPERSEDED, False) and not _is_decided(old, new):
        facts = {"assignment": _assignment(new), "cause": "photo"}
        yield _event("AssignmentChanged", new, facts)


def _is_decided(old: ItemImage, new: ItemImage) -> bool:
    return int(new.get(PhotoAttribute.DECISION_SEQ, 0)) > int(
        old.get(PhotoAttribute.DECISION_SEQ, 0)
    )


def _assignment(image: ItemImage | None) -> dict[str, str] | None:
    return {str(name): image[name] for name in _ASSIGNMENT_FIELDS} if image else None


def _decided_by(row: ItemImage) -> str:
    """`model` or `reviewer`: names of people are not published."""
    decided_by = row.get(PhotoAttribute.DECIDED_BY, "")
    return "reviewer" if decided_by and decided_by != "model" else "model"


def _event(name: str, row: ItemImage, facts: dict[str, Any]) -> PhotoEvent:
    seq, attempt = int(row.get(PhotoAttribute.DECISION_SEQ, 0)), int(row[PhotoAttribute.ATTEMPT])
    identity = (
        f"{name}\n{row[PhotoAttribute.PHOTO_ID]}\n{attempt}\n{seq}\n{row[PhotoAttribute.STATUS]}"
    )
    occurred_at = stamp(parse(row[PhotoAttribute.UPDATED_AT]))
    return PhotoEvent(
        name=name,
        occurred_at=occurred_at,
        detail={
            "schema_version": SCHEMA_VERSION,
            "event_id": hashlib.sha256(identity.encode()).hexdigest()[:32],
            "occurred_at": occurred_at,
            "photo_id": row[PhotoAttribute.PHOTO_ID],
            "driver_id": row.get(PhotoAttribute.DRIVER_ID) or None,
            "upload_id": row.get(PhotoAttribute.UPLOAD_ID) or None,
            "order_id": row.get(PhotoAttribute.ORDER_ID) or None,
            "decision_seq": seq,
            **facts,
        },
    )
