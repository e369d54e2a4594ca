"""The whole story of one photo: event, states, what the model said, what was decided."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

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
    """One JSON document."""
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
    """A photo of the list."""
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
    """Decimals as numbers, sets as lists, times as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: as_json(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(part) for part in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _execution(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    times = {name: found.get(name) for name in ("startDate", "stopDate")}
    return {
        "arn": found["executionArn"],
        "status": found["status"],
        "started_at": _iso(times["startDate"]),
        "stopped_at": _iso(times["stopDate"]),
        "error": found.get("error"),
        "cause": found.get("cause"),
    }


def _event(found: Mapping[str, Any] | None) -> Any:  # noqa: ANN401 # Any: JSON
    try:
        return json.loads(found["input"]) if found else None
    except (KeyError, ValueError):  # somebody started an execution by hand
        return found.get("input") if found else None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
