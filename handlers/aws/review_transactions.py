"""The DynamoDB transaction of a decision: ledger, assignment and counters, all or none of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from handlers.aws.dynamodb import item_of
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
from handlers.domain.review.change import CounterUpdate, DecisionChange, DisagreementUpdate
from handlers.domain.review.row import ItemImage, Lease, PhotoState, ReviewRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

DISAGREEMENT = "disagreement"

_DRIVER = AssignmentAttribute.DRIVER_ID
_IS_ABSENT = f"attribute_not_exists({AssignmentAttribute.DRIVER_ID})"
_IS_NOT_NEWER = f"{_IS_ABSENT} OR {AssignmentAttribute.PHOTO_ORDER} <= :o"
_IS_OF_PHOTO = f"{AssignmentAttribute.PHOTO_ID} = :photo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Names of the tables that a decision writes."""

    photos: str
    assignments: str
    reviewers: str


def transaction(
    tables: Tables, change: DecisionChange, update: AssignmentUpdate, current: ItemImage | None
) -> "tuple[list[TransactWriteItemTypeDef], ItemImage]":
    """Return the items to write, and the decision as the row's list of decisions keeps it.

    `current` is the driver's assignment before the decision.
    """
    before = current or {}
    entry = change.entry(
        after=update.after,
        before_assignment=before,
        after_assignment=_assignment_after(update, before),
    )
    items: list[TransactWriteItemTypeDef] = [
        {"Update": _photo(tables, change, update.after, entry)},
        *_assignment(tables, change.row, update, before),
    ]
    items += [{"Update": _counter(tables, counter)} for counter in change.tallies]
    if change.disagreement:
        items.append(_disagreement(tables, change.disagreement))
    return items, entry


# Any, here and below: a request of DynamoDB, which boto3 checks.
def restoration(tables: Tables, row: ReviewRow, item: ItemImage) -> Any:  # noqa: ANN401 # above
    """Return the items that write an assigned photo's assignment, where none or an older one is."""
    return [
        {
            "Put": {
                "TableName": tables.assignments,
                "Item": item_of(item),
                "ConditionExpression": f"{_IS_ABSENT} OR {AssignmentAttribute.PHOTO_ORDER} < :o",
                "ExpressionAttributeValues": item_of({":o": row.photo_order}),
            }
        },
        {"ConditionCheck": _still_assigned(tables, row)},
    ]


def replacement(
    tables: Tables,
    driver_id: str,
    unreadable: ItemImage,
    newest: ReviewRow | None,
    item: ItemImage | None,
) -> Any:  # noqa: ANN401 # above
    """Return the items that replace an assignment that cannot be read, or delete it without `item`.

    `newest` is the photo of `item`. The assignment must still be as it was read.
    """
    names = {f"#{name}": name for name in AssignmentAttribute if name != _DRIVER}
    seen = {name: unreadable[name] for name in names.values() if name in unreadable}
    unchanged = {
        "TableName": tables.assignments,
        "ConditionExpression": " AND ".join(
            f"#{name} = :{name}" if name in seen else f"attribute_not_exists(#{name})"
            for name in names.values()
        ),
        "ExpressionAttributeNames": names,
        **(
            {"ExpressionAttributeValues": item_of({f":{n}": v for n, v in seen.items()})}
            if seen
            else {}
        ),
    }
    if newest is None or item is None:
        return [{"Delete": {"Key": item_of({_DRIVER: driver_id}), **unchanged}}]
    return [
        {"Put": {"Item": item_of(item), **unchanged}},
        {"ConditionCheck": _still_assigned(tables, newest)},
    ]


def _assignment_after(update: AssignmentUpdate, before: ItemImage) -> ItemImage:
    if isinstance(update.assignment, PutAssignment):
        return update.assignment.item
    return {} if isinstance(update.assignment, DeleteAssignment) else before


def _photo(tables: Tables, change: DecisionChange, after: PhotoState, entry: ItemImage) -> Any:  # noqa: ANN401 # see restoration
    state: dict[str, Any] = {field.name: getattr(after, field.name) for field in fields(after)}
    written: dict[str, Any] = {
        **state,
        **_lease(change.lease),
        PhotoAttribute.DECISION_SEQ: change.seq,
        PhotoAttribute.DECISIONS: change.decisions(entry),
        PhotoAttribute.UPDATED_AT: change.decided_at,
        PhotoAttribute.LAST_ACTIVITY_AT: change.decided_at,
        PhotoAttribute.SKIPPED: None,
        # Set again when the message of the open review is sent.
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
    """Whether to store a value: an empty one would put the item into an index."""
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
    tables: Tables, row: ReviewRow, update: AssignmentUpdate, before: ItemImage
) -> "Iterator[TransactWriteItemTypeDef]":
    match update.assignment:
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
            condition, values = _unchanged(row, before)
            yield {
                "Put": {
                    "TableName": tables.assignments,
                    "Item": item_of(item),
                    "ConditionExpression": condition,
                    "ExpressionAttributeValues": values,
                }
            }
            if successor is not None:
                yield {"ConditionCheck": _still_assigned(tables, successor)}
        case DeleteAssignment():
            condition, values = _unchanged(row, before)
            yield {
                "Delete": {
                    "TableName": tables.assignments,
                    "Key": _driver_key(row),
                    "ConditionExpression": condition,
                    "ExpressionAttributeValues": values,
                }
            }
        case KeepAssignment(because="superseded"):
            yield {
                "Update": {
                    "TableName": tables.assignments,
                    "Key": _driver_key(row),
                    "UpdateExpression": f"SET {AssignmentAttribute.LAST_SUPERSEDED} = :photo",
                    "ConditionExpression": f"{AssignmentAttribute.PHOTO_ORDER} > :order",
                    "ExpressionAttributeValues": item_of(
                        {":photo": row.photo_id, ":order": row.photo_order}
                    ),
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


# Reason why the assignment is kept → the condition that must hold, and its value.
_STILL: Mapping[str, tuple[str, str]] = {
    "newer": (f"{AssignmentAttribute.PHOTO_ORDER} > :order", ":order"),
    "unchanged": (_IS_OF_PHOTO, ":photo"),
    "other_photo": (f"{_IS_ABSENT} OR {AssignmentAttribute.PHOTO_ID} <> :photo", ":photo"),
}


def _unchanged(row: ReviewRow, before: ItemImage) -> tuple[str, Any]:
    """Return condition and values: the assignment is this photo's, and no successor was missed.

    An older photo may have been assigned after the successor was looked for.
    """
    last = AssignmentAttribute.LAST_SUPERSEDED
    values = {":photo": row.photo_id}
    if last not in before:
        return f"{_IS_OF_PHOTO} AND attribute_not_exists({last})", item_of(values)
    values[":superseded"] = before[last]
    return f"{_IS_OF_PHOTO} AND {last} = :superseded", item_of(values)


def _driver_key(row: ReviewRow) -> Any:  # noqa: ANN401 # see restoration
    return item_of({AssignmentAttribute.DRIVER_ID: row.driver_id})


def _still_assigned(tables: Tables, successor: ReviewRow) -> Any:  # noqa: ANN401 # see restoration
    return {
        "TableName": tables.photos,
        "Key": item_of({PhotoAttribute.PHOTO_ID: successor.photo_id}),
        "ConditionExpression": f"{PhotoAttribute.DECISION_SEQ} = :seq AND #status = :assigned",
        "ExpressionAttributeNames": {"#status": PhotoAttribute.STATUS},
        "ExpressionAttributeValues": item_of(
            {":seq": successor.decision_seq, ":assigned": "assigned"}
        ),
    }


def _counter(tables: Tables, counter: CounterUpdate) -> Any:  # noqa: ANN401 # see restoration
    return {
        "TableName": tables.reviewers,
        "Key": item_of(
            {ReviewerAttribute.KIND: counter.kind, ReviewerAttribute.NAME: counter.name}
        ),
        "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in counter.counts),
        "ExpressionAttributeNames": {f"#{name}": name for name in counter.counts},
        "ExpressionAttributeValues": item_of({f":{k}": n for k, n in counter.counts.items()}),
    }


def _disagreement(tables: Tables, update: DisagreementUpdate) -> "TransactWriteItemTypeDef":
    key: dict[str, str] = {
        ReviewerAttribute.KIND: DISAGREEMENT,
        ReviewerAttribute.NAME: update.name,
    }
    if update.is_withdrawn:
        return {"Delete": {"TableName": tables.reviewers, "Key": item_of(key)}}
    return {"Put": {"TableName": tables.reviewers, "Item": item_of({**key, **update.facts})}}
