"""What a decision about a photo means for its driver's assignment: dispatch reads as if every photo
had been judged rightly from the start, and the photo uploaded later wins."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from handlers.domain.ledger.schema import AssignmentAttribute
from handlers.domain.review.row import ItemImage, PhotoState, ReviewRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAssignment:
    """Dispatch is to read this, unless a newer photo or another decision came in between."""

    item: Mapping[str, Any]  # DynamoDB values
    successor: ReviewRow | None = None  # an older photo that comes into force again


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteAssignment:
    """The driver has no assignment: no photo of his is assigned any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAssignment:
    """Dispatch reads what it read; `because` is what must still hold when that is written."""

    because: str  # unchanged | newer | not_mine | nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentUpdate:
    """The photo as it will be, and what happens to the assignment."""

    after: PhotoState
    assignment: PutAssignment | DeleteAssignment | KeepAssignment


def needs_successor(row: ReviewRow, after: PhotoState, current: ItemImage | None) -> bool:
    """Whether the photo leaves an assignment that another photo may have to fill."""
    return after.status != "assigned" and _is_mine(row, current)


def plan_assignment_update(
    row: ReviewRow,
    after: PhotoState,
    *,
    current: ItemImage | None,
    successor: ReviewRow | None,
    now: str,
) -> AssignmentUpdate:
    """`current` is the driver's assignment, `successor` his newest other photo that is assigned."""
    if not row.driver_id:
        return AssignmentUpdate(after=after, assignment=KeepAssignment(because="nobody"))
    if after.status != "assigned":
        return AssignmentUpdate(after=after, assignment=_vacate(row, current, successor, now))
    if current is not None and current[AssignmentAttribute.PHOTO_ORDER] > row.photo_order:
        confirmed = row.state.status == "assigned" and row.state.vehicle == after.vehicle
        kept = after if confirmed else replace(after, superseded=True)
        return AssignmentUpdate(after=kept, assignment=KeepAssignment(because="newer"))
    if _is_mine(row, current) and _says(current, after):
        return AssignmentUpdate(after=after, assignment=KeepAssignment(because="unchanged"))
    standing = replace(after, superseded=False)
    return AssignmentUpdate(
        after=standing, assignment=PutAssignment(item=_item(row, standing, now))
    )


def _vacate(
    row: ReviewRow, current: ItemImage | None, successor: ReviewRow | None, now: str
) -> PutAssignment | DeleteAssignment | KeepAssignment:
    if not _is_mine(row, current):
        return KeepAssignment(because="not_mine")
    if successor is None:
        return DeleteAssignment()
    return PutAssignment(item=_item(successor, successor.state, now), successor=successor)


def _is_mine(row: ReviewRow, current: ItemImage | None) -> bool:
    return current is not None and current[AssignmentAttribute.PHOTO_ID] == row.photo_id


def _says(current: ItemImage | None, state: PhotoState) -> bool:
    return current is not None and all(
        current.get(name) == getattr(state, name)
        for name in ("vehicle", "order_range", "decided_by", "valid_until")
    )


def _item(row: ReviewRow, state: PhotoState, now: str) -> dict[str, Any]:
    """Word for word as it was, where this photo ruled before with the same decision."""
    for decision in reversed(row.decisions):
        for image in (decision["before"], decision["after"]):
            known: ItemImage | None = image.get("assignment")
            if known is not None and _is_mine(row, known) and _says(known, state):
                return dict(known)
    item: dict[str, Any] = {
        AssignmentAttribute.DRIVER_ID: row.driver_id,
        AssignmentAttribute.VEHICLE: state.vehicle,
        AssignmentAttribute.ORDER_RANGE: state.order_range,
        AssignmentAttribute.DECIDED_BY: state.decided_by,
        AssignmentAttribute.PHOTO_ID: row.photo_id,
        AssignmentAttribute.PHOTO_ORDER: row.photo_order,
        AssignmentAttribute.ORDER_ID: row.order_id,
        AssignmentAttribute.UPLOADED_AT: row.uploaded_at,
        AssignmentAttribute.ASSIGNED_AT: now,
        AssignmentAttribute.VALID_UNTIL: state.valid_until,
    }
    if state.decided_by == "model":
        item[AssignmentAttribute.MODEL_VERSION] = row.model_version
        item[AssignmentAttribute.CONFIDENCE] = row.classification.get("confidence", 0)
    return item
