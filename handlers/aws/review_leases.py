"""Who holds a review: every write rests on the decision and the lease that were read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handlers.aws.attribute_values import item_of
from handlers.aws.dynamodb import succeeds
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.review.row import Lease, ReviewRow
from handlers.domain.timestamps import stamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LEASE = (
    PhotoAttribute.LEASE_ID,
    PhotoAttribute.LEASE_OWNER,
    PhotoAttribute.LEASE_SINCE,
    PhotoAttribute.LEASE_UNTIL,
    PhotoAttribute.LEASE_RECEIPT,
)
_SAME_DECISION = f"{PhotoAttribute.DECISION_SEQ} = :seq AND {PhotoAttribute.REVIEW} = :open"


class ReviewLeases:
    """Writes in the ledger that decide nothing about the photo. All raise LedgerUnavailable."""

    def __init__(self, dynamodb: "DynamoDBClient", *, photos_table: str) -> None:
        self._dynamodb = dynamodb
        self._photos = photos_table

    def lease(self, row: ReviewRow, lease: Lease) -> bool:
        """Whether the row was still as it was read, and is leased now."""
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
        """Whether the lease was still the one that was read."""
        return self._update(row, sets={PhotoAttribute.LEASE_UNTIL: lease.until})

    def release(self, row: ReviewRow, *, skipped: dict[str, str] | None, now: str) -> bool:
        """Give the lease up, and with a skip let colleagues go first."""
        sets: dict[PhotoAttribute, object] = {PhotoAttribute.LAST_ACTIVITY_AT: now}
        if skipped is not None:
            sets[PhotoAttribute.SKIPPED] = skipped
        return self._update(row, sets=sets, removes=_LEASE)

    def close_lapsed(self, row: ReviewRow) -> bool:
        """The second opinion was not given in time: the first verdict stands alone."""
        return self._update(
            row,
            sets={PhotoAttribute.REVIEW: "done"},
            removes=(
                *_LEASE,
                PhotoAttribute.FIRST_BY,
                PhotoAttribute.SECOND_UNTIL,
                PhotoAttribute.SKIPPED,
            ),
        )

    def mark_enqueued(self, photo_id: str, decision_seq: int) -> None:
        """A message was sent. Whoever decided in between has no use for the mark."""
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
        """Only while the row holds the same decision and the same lease as when it was read."""
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
