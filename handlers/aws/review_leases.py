"""Writes of leases; each is conditional on the decision number and lease that were read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handlers.aws.dynamodb import item_of, succeeds
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.review.row import Lease, ReviewRow
from handlers.domain.timestamps import stamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LEASE_ATTRIBUTES = (
    PhotoAttribute.LEASE_ID,
    PhotoAttribute.LEASE_OWNER,
    PhotoAttribute.LEASE_SINCE,
    PhotoAttribute.LEASE_UNTIL,
    PhotoAttribute.LEASE_RECEIPT,
)
_SAME_DECISION = f"{PhotoAttribute.DECISION_SEQ} = :seq AND {PhotoAttribute.REVIEW} = :open"


class ReviewLeases:
    """Writes leases to the ledger. All methods raise LedgerUnavailable.

    They return False if the row has changed since it was read.
    """

    def __init__(self, dynamodb: "DynamoDBClient", *, photos_table: str) -> None:
        self._dynamodb = dynamodb
        self._photos = photos_table

    def lease(self, row: ReviewRow, lease: Lease) -> bool:
        """Lease the review."""
        return self._update(
            row,
            sets={
                PhotoAttribute.LEASE_ID: lease.lease_id,
                PhotoAttribute.LEASE_OWNER: lease.owner,
                PhotoAttribute.LEASE_SINCE: lease.since,
                PhotoAttribute.LEASE_UNTIL: lease.until,
                PhotoAttribute.LEASE_RECEIPT: lease.receipt,
                PhotoAttribute.LAST_ACTIVITY_AT: lease.since,
            },
        )

    def extend(self, row: ReviewRow, lease: Lease) -> bool:
        """Extend the lease until `lease.until`."""
        return self._update(row, sets={PhotoAttribute.LEASE_UNTIL: lease.until})

    def release(self, row: ReviewRow, *, skipped: dict[str, str] | None, now: str) -> bool:
        """End the lease; `skipped` replaces the attribute of that name, None keeps it."""
        sets: dict[PhotoAttribute, object] = {PhotoAttribute.LAST_ACTIVITY_AT: now}
        if skipped is not None:
            sets[PhotoAttribute.SKIPPED] = skipped
        return self._update(row, sets=sets, removes=_LEASE_ATTRIBUTES)

    def close_lapsed(self, row: ReviewRow) -> bool:
        """Close a review whose second opinion was not given in time."""
        return self._update(
            row,
            sets={PhotoAttribute.REVIEW: "done"},
            removes=(
                *_LEASE_ATTRIBUTES,
                PhotoAttribute.FIRST_BY,
                PhotoAttribute.SECOND_UNTIL,
                PhotoAttribute.SKIPPED,
            ),
        )

    def mark_enqueued(self, photo_id: str, decision_seq: int) -> None:
        """Record that the review's message was sent; without effect after another decision."""
        self._write(
            photo_id,
            sets={PhotoAttribute.ENQUEUED_AT: stamp(datetime.now(UTC))},
            condition=_SAME_DECISION,
            values={":seq": decision_seq, ":open": "open"},
        )

    def _update(
        self,
        row: ReviewRow,
        *,
        sets: Mapping[PhotoAttribute, object],
        removes: tuple[PhotoAttribute, ...] = (),
    ) -> bool:
        """Write on condition that decision number and lease are those that were read."""
        condition = _SAME_DECISION
        values: dict[str, object] = {":seq": row.decision_seq, ":open": "open"}
        if row.lease:
            condition += (
                f" AND {PhotoAttribute.LEASE_ID} = :lease AND {PhotoAttribute.LEASE_UNTIL} = :until"
            )
            values |= {":lease": row.lease.lease_id, ":until": row.lease.until}
        else:
            condition += f" AND attribute_not_exists({PhotoAttribute.LEASE_ID})"
        return self._write(
            row.photo_id, sets=sets, removes=removes, condition=condition, values=values
        )

    def _write(
        self,
        photo_id: str,
        *,
        sets: Mapping[PhotoAttribute, object],
        condition: str,
        values: Mapping[str, object],
        removes: tuple[PhotoAttribute, ...] = (),
    ) -> bool:
        expression = "SET " + ", ".join(f"{name} = :new_{name}" for name in sets)
        if removes:
            expression += " REMOVE " + ", ".join(removes)
        new = {f":new_{name}": value for name, value in sets.items()}
        return succeeds(
            lambda: self._dynamodb.update_item(
                TableName=self._photos,
                Key=item_of({PhotoAttribute.PHOTO_ID: photo_id}),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=item_of({**new, **values}),
            )
        )
