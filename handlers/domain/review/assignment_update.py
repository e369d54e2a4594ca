"""The effect of a decision about a photo on its driver's assignment.

Afterwards dispatch reads what it would read if every photo had been decided correctly from the
start. The photo uploaded later wins, whichever is decided first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from handlers.domain.ledger.schema import AssignmentAttribute
from handlers.domain.review.row import ItemImage, PhotoState, ReviewRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAssignment:
    """Write this assignment, unless a newer photo or another decision comes first."""

    item: Mapping[str, Any]  # DynamoDB values
    successor: ReviewRow | None = None  # an older photo that the assignment falls back to


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteAssignment:
    """Delete the assignment: none of the driver's photos is assigned any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAssignment:
    """Leave the assignment as it is; the transaction checks that `because` still holds.

    With `superseded` the photo joins those that the assignment may fall back to, with `newer` it is
    one of them already.
    """

    because: str  # unchanged | newer | superseded | other_photo | no_driver


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentUpdate:
    """The photo's next state, and the change of the assignment."""

    after: PhotoState
    assignment: PutAssignment | DeleteAssignment | KeepAssignment


def needs_successor(row: ReviewRow, after: PhotoState, current: ItemImage | None) -> bool:
    """Whether the photo loses the assignment, which another photo may then get."""
    return after.status != "assigned" and _is_of(row, current)


def plan_assignment_update(
    row: ReviewRow,
    after: PhotoState,
    *,
    current: ItemImage | None,
    successor: ReviewRow | None,
    now: str,
) -> AssignmentUpdate:
    """Return the next state of the photo and the change of the assignment.

    `current` is the driver's assignment; `successor` is the driver's newest other photo that is
    assigned, and is read only if `needs_successor`.
    """
    if not row.driver_id:
        return AssignmentUpdate(after=after, assignment=KeepAssignment(because="no_driver"))
    if after.status != "assigned":
        return AssignmentUpdate(after=after, assignment=_vacate(row, current, successor, now))
    if current is not None and current[AssignmentAttribute.PHOTO_ORDER] > row.photo_order:
        confirmed = row.state.status == "assigned" and row.state.vehicle == after.vehicle
        if confirmed:
            return AssignmentUpdate(after=after, assignment=KeepAssignment(because="newer"))
        return AssignmentUpdate(
            after=replace(after, superseded=True), assignment=KeepAssignment(because="superseded")
        )
    if _is_of(row, current) and _is_equal(current, after):
        return AssignmentUpdate(after=after, assignment=KeepAssignment(because="unchanged"))
    in_force = replace(after, superseded=False)
    return AssignmentUpdate(
        after=in_force, assignment=PutAssignment(item=assignment_of(row, in_force, now))
    )


def _vacate(
    row: ReviewRow, current: ItemImage | None, successor: ReviewRow | None, now: str
) -> PutAssignment | DeleteAssignment | KeepAssignment:
    if not _is_of(row, current):
        return KeepAssignment(because="other_photo")
    if successor is None:
        return DeleteAssignment()
    return PutAssignment(item=assignment_of(successor, successor.state, now), successor=successor)


def _is_of(row: ReviewRow, current: ItemImage | None) -> bool:
    return current is not None and current.get(AssignmentAttribute.PHOTO_ID) == row.photo_id


def _is_equal(current: ItemImage | None, state: PhotoState) -> bool:
    return current is not None and all(
        current.get(name) == getattr(state, name)
        for name in ("vehicle", "order_range", "decided_by", "valid_until")
    )


def assignment_of(row: ReviewRow, state: PhotoState, now: str) -> dict[str, Any]:
    """Return the assignment by this photo: the former one if there was one of the same decision."""
    for decision in reversed(row.decisions):
        for image in (decision["before"], decision["after"]):
            known = image.get("assignment")
            if isinstance(known, Mapping) and _is_of(row, known) and _is_equal(known, state):
                return {
                    name: value
                    for name, value in known.items()
                    if name != AssignmentAttribute.LAST_SUPERSEDED
                }
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
