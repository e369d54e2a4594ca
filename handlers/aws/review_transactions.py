"""A decision as DynamoDB writes it: ledger, assignment and counters, all or nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from handlers.aws.attribute_values import item_of
from handlers.domain.ledger.schema import (
    AssignmentAttribute,
    PhotoAttribute,
    ReviewerAttribute,
)
from handlers.domain.review.assignment_update import (
    AssignmentUpdate,
    DeleteAssignment,
    KeepAssignment,
    PutAssignment,
)
from handlers.domain.review.change import CounterUpdate, DecisionChange, Disagreement
from handlers.domain.review.row import ItemImage, Lease, PhotoState, ReviewRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

DISAGREEMENT = "disagreement"

_IS_ABSENT = f"attribute_not_exists({AssignmentAttribute.DRIVER_ID})"
_IS_NOT_NEWER = f"{_IS_ABSENT} OR {AssignmentAttribute.PHOTO_ORDER} <= :o"
_IS_MINE = f"{AssignmentAttribute.PHOTO_ID} = :mine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables that a decision touches, by name."""

    photos: str
    assignments: str
    reviewers: str


def transaction(
    tables: Tables, change: DecisionChange, settlement: AssignmentUpdate, current: ItemImage | None
) -> "tuple[list[TransactWriteItemTypeDef], ItemImage]":
    """The items to write, and the decision as the ledger will keep it."""
    before = current or {}
    entry = change.entry(
        after=settlement.after,
        before_assignment=before,
        after_assignment=_assignment_after(settlement, before),
    )
    items: list[TransactWriteItemTypeDef] = [
        {"Update": _photo(tables, change, settlement.after, entry)},
        *_assignment(tables, change.row, settlement),
    ]
    items += [{"Update": _tally(tables, tally)} for tally in change.tallies]
    if change.disagreement:
        items.append(_disagreement(tables, change.disagreement))
    return items, entry


def _assignment_after(settlement: AssignmentUpdate, before: ItemImage) -> ItemImage:
    if isinstance(settlement.assignment, PutAssignment):
        return settlement.assignment.item
    return {} if isinstance(settlement.assignment, DeleteAssignment) else before


# Any: a request of DynamoDB, which boto3 checks.
def _photo(tables: Tables, change: DecisionChange, after: PhotoState, entry: ItemImage) -> Any:  # noqa: ANN401 # above
    state: dict[str, Any] = {field.name: getattr(after, field.name) for field in fields(after)}
    written: dict[str, Any] = {
        **state,
        **_lease(change.lease),
        PhotoAttribute.DECISION_SEQ: change.seq,
        PhotoAttribute.DECISIONS: change.decisions(entry),
        PhotoAttribute.UPDATED_AT: change.decided_at,
        PhotoAttribute.LAST_ACTIVITY_AT: change.decided_at,
        PhotoAttribute.SKIPPED: None,
        # The sender of an open review's next message sets it again.
        PhotoAttribute.ENQUEUED_AT: None,
    }
    if after.review != "open":
        del written[PhotoAttribute.ENQUEUED_AT]
    sets = {name: value for name, value in written.items() if _is_kept(value)}
    removes = [name for name, value in written.items() if not _is_kept(value)]
    condition = (
        f"#{PhotoAttribute.DECISION_SEQ} = :seq AND #{PhotoAttribute.REVIEW} = :was_review"
        f" AND #{PhotoAttribute.STATUS} = :was_status"
    )
    values = {
        ":seq": change.row.decision_seq,
        ":was_review": change.row.state.review,
        ":was_status": change.row.state.status,
    }
    if change.lease_id_needed:
        condition += f" AND #{PhotoAttribute.LEASE_ID} = :lease"
        values[":lease"] = change.lease_id_needed
    return {
        "TableName": tables.photos,
        "Key": item_of({PhotoAttribute.PHOTO_ID: change.row.photo_id}),
        "UpdateExpression": (
            "SET "
            + ", ".join(f"#{name} = :new_{name}" for name in sets)
            + " REMOVE "
            + ", ".join(f"#{name}" for name in removes)
        ),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in written},
        "ExpressionAttributeValues": item_of(
            {**{f":new_{name}": value for name, value in sets.items()}, **values}
        ),
    }


def _is_kept(value: object) -> bool:
    """An attribute that says nothing is no attribute: indexes must not list it."""
    return value not in {None, "", False} if isinstance(value, str | bool | None) else True


def _lease(lease: Lease | None) -> dict[str, str | None]:
    return {
        PhotoAttribute.LEASE_ID: lease.lease_id if lease else None,
        PhotoAttribute.LEASE_OWNER: lease.owner if lease else None,
        PhotoAttribute.LEASE_SINCE: lease.since if lease else None,
        PhotoAttribute.LEASE_UNTIL: lease.until if lease else None,
        PhotoAttribute.LEASE_RECEIPT: None,
    }


def _assignment(
    tables: Tables, row: ReviewRow, settlement: AssignmentUpdate
) -> "Iterator[TransactWriteItemTypeDef]":
    match settlement.assignment:
        case PutAssignment(item=item, successor=None):
            yield {
                "Put": {
                    "TableName": tables.assignments,
                    "Item": item_of(item),
                    # The photo uploaded later wins, whichever of them is decided first.
                    "ConditionExpression": _IS_NOT_NEWER,
                    "ExpressionAttributeValues": item_of({":o": row.photo_order}),
                }
            }
        case PutAssignment(item=item, successor=successor):
            yield {
                "Put": {
                    "TableName": tables.assignments,
                    "Item": item_of(item),
                    "ConditionExpression": _IS_MINE,
                    "ExpressionAttributeValues": item_of({":mine": row.photo_id}),
                }
            }
            if successor is not None:
                yield {"ConditionCheck": _still_assigned(tables, successor)}
        case DeleteAssignment():
            yield {
                "Delete": {
                    "TableName": tables.assignments,
                    "Key": _driver_key(row),
                    "ConditionExpression": _IS_MINE,
                    "ExpressionAttributeValues": item_of({":mine": row.photo_id}),
                }
            }
        case KeepAssignment(because=because) if because in _STILL:
            condition, value = _STILL[because]
            text = row.photo_order if value == ":order" else row.photo_id
            yield {
                "ConditionCheck": {
                    "TableName": tables.assignments,
                    "Key": _driver_key(row),
                    "ConditionExpression": condition,
                    "ExpressionAttributeValues": item_of({value: text}),
                }
            }


# Why the assignment is left alone, and what must be true of it when that is written.
_STILL: Mapping[str, tuple[str, str]] = {
    "newer": (f"{AssignmentAttribute.PHOTO_ORDER} > :order", ":order"),
    "unchanged": (_IS_MINE, ":mine"),
    "not_mine": (f"{_IS_ABSENT} OR {AssignmentAttribute.PHOTO_ID} <> :mine", ":mine"),
}


def _driver_key(row: ReviewRow) -> Any:  # noqa: ANN401 # see _photo
    return item_of({AssignmentAttribute.DRIVER_ID: row.driver_id})


def _still_assigned(tables: Tables, successor: ReviewRow) -> Any:  # noqa: ANN401 # see _photo
    return {
        "TableName": tables.photos,
        "Key": item_of({PhotoAttribute.PHOTO_ID: successor.photo_id}),
        "ConditionExpression": f"{PhotoAttribute.DECISION_SEQ} = :seq AND #status = :assigned",
        "ExpressionAttributeNames": {"#status": PhotoAttribute.STATUS},
        "ExpressionAttributeValues": item_of(
            {":seq": successor.decision_seq, ":assigned": "assigned"}
        ),
    }


def _tally(tables: Tables, tally: CounterUpdate) -> Any:  # noqa: ANN401 # see _photo
    return {
        "TableName": tables.reviewers,
        "Key": item_of({ReviewerAttribute.KIND: tally.kind, ReviewerAttribute.NAME: tally.name}),
        "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in tally.counts),
        "ExpressionAttributeNames": {f"#{name}": name for name in tally.counts},
        "ExpressionAttributeValues": item_of({f":{k}": n for k, n in tally.counts.items()}),
    }


def _disagreement(tables: Tables, found: Disagreement) -> "TransactWriteItemTypeDef":
    key: dict[str, str] = {ReviewerAttribute.KIND: DISAGREEMENT, ReviewerAttribute.NAME: found.name}
    if found.is_settled:
        return {"Delete": {"TableName": tables.reviewers, "Key": item_of(key)}}
    return {"Put": {"TableName": tables.reviewers, "Item": item_of({**key, **found.facts})}}
