"""Everything about one photo: its event, states, prediction, decision, assignment and row."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from handlers.domain.json_text import parse_json
from handlers.domain.ledger.schema import PhotoAttribute
from infra.local.status_page.cards import Card

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from infra.local.status_page.steps import Run


def story(
    item: Mapping[str, Any],  # Any here: what services and tables hold
    *,
    run: Run,
    execution: Mapping[str, Any] | None,
    capture: Mapping[str, Any] | None,
    assignment: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return one JSON document; `None` arguments are absent (not written yet, or removed)."""
    return {
        "photo": card_to_wire(Card.from_item(item), run),
        "has_ended": run.has_ended,
        "execution": _execution(execution),
        "event": _event(execution),
        "states": [step.to_wire() for step in run.steps],
        "capture": capture,
        "decision": as_json(item.get(PhotoAttribute.CLASSIFICATION)),
        "assignment": as_json(assignment),
        "row": as_json(item),
    }


def card_to_wire(card: Card, run: Run) -> dict[str, Any]:
    """Return a photo as the list's JSON."""
    return {
        "photo_id": card.photo_id,
        "key": card.key,
        "driver_id": card.driver_id,
        "state": card.state,
        "reason": card.reason,
        "review": card.review,
        "vehicle": card.vehicle,
        "confidence": card.confidence,
        "superseded": card.superseded,
        "received_at": card.received_at,
        "phases": run.phases(),
        "seconds": run.seconds,
    }


def as_json(value: Any) -> Any:  # noqa: ANN401 # Any: DynamoDB's types in, JSON's out
    """Convert decimals to numbers, sets to lists, and times to text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: as_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(inner) for inner in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _execution(description: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if description is None:
        return None
    times = {name: description.get(name) for name in ("startDate", "stopDate")}
    return {
        "arn": description["executionArn"],
        "status": description["status"],
        "started_at": _iso(times["startDate"]),
        "stopped_at": _iso(times["stopDate"]),
        "error": description.get("error"),
        "cause": description.get("cause"),
    }


def _event(description: Mapping[str, Any] | None) -> Any:  # noqa: ANN401 # Any: JSON
    try:
        return parse_json(description["input"]) if description else None
    except (KeyError, ValueError):  # an execution that a person started by hand
        return description.get("input") if description else None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
