"""Who holds a review: every write rests on the decision and the lease that were read."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from handlers.aws.attribute_values import item_of
from handlers.aws.dynamodb import succeeds
from handlers.domain.review.row import Lease, ReviewRow
from handlers.domain.timestamps import stamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LEASE = ("lease_id", "lease_owner", "lease_since", "lease_until", "lease_receipt")


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
                "lease_id": lease.lease_id,
                "lease_owner": lease.owner,
                "lease_since": lease.since,
                "lease_until": lease.until,
                "lease_receipt": lease.receipt,
                "last_activity_at": lease.since,
            },
        )

    def extend(self, row: ReviewRow, lease: Lease) -> bool:
        """Whether the lease was still the one that was read."""
        return self._update(row, sets={"lease_until": lease.until})

    def release(self, row: ReviewRow, *, skipped: dict[str, str] | None, now: str) -> bool:
        """Give the lease up, and with a skip let colleagues go first."""
        sets: dict[str, object] = {"last_activity_at": now}
        if skipped is not None:
            sets["skipped"] = skipped
        return self._update(row, sets=sets, removes=_LEASE)

    def close_lapsed(self, row: ReviewRow) -> bool:
        """The second opinion was not given in time: the first verdict stands alone."""
        return self._update(
            row, sets={"review": "done"}, removes=(*_LEASE, "first_by", "second_until", "skipped")
        )

    def mark_enqueued(self, photo_id: str, decision_seq: int) -> None:
        """A message was sent. Whoever decided in between has no use for the mark."""
        self._write(
            {"photo_id": photo_id},
            sets={"enqueued_at": stamp(datetime.now(UTC))},
            condition="decision_seq = :seq AND review = :open",
            values={":seq": decision_seq, ":open": "open"},
        )

    def _update(
        self, row: ReviewRow, *, sets: dict[str, Any], removes: tuple[str, ...] = ()
    ) -> bool:
        """Only while the row holds the same decision and the same lease as when it was read."""
        condition = "decision_seq = :seq AND review = :open"
        values: dict[str, object] = {":seq": row.decision_seq, ":open": "open"}
        if row.lease:
            condition += " AND lease_id = :lease AND lease_until = :until"
            values |= {":lease": row.lease.lease_id, ":until": row.lease.until}
        else:
            condition += " AND attribute_not_exists(lease_id)"
        return self._write(
            {"photo_id": row.photo_id},
            sets=sets,
            removes=removes,
            condition=condition,
            values=values,
        )

    def _write(
        self,
        key: dict[str, str],
        *,
        sets: dict[str, Any],
        condition: str,
        values: dict[str, object],
        removes: tuple[str, ...] = (),
    ) -> bool:
        expression = "SET " + ", ".join(f"{name} = :new_{name}" for name in sets)
        if removes:
            expression += " REMOVE " + ", ".join(removes)
        new = {f":new_{name}": value for name, value in sets.items()}
        return succeeds(
            lambda: self._dynamodb.update_item(
                TableName=self._photos,
                Key=item_of(key),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=item_of({**new, **values}),
            )
        )
