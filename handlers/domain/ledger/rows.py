"""Rows of the ledger and of the assignments table, as checks, repairs and the report read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.schema import AssignmentAttribute, PhotoAttribute

STATUSES = ("received", "assigned", "in_review", "rejected", "failed", "requeued")
FINAL_STATUSES = ("assigned", "in_review", "rejected", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One photo's row, see `PhotoAttribute`; a text whose attribute is absent is empty."""

    photo_id: str
    bucket: str
    key: str
    version_id: str
    etag: str
    status: str
    attempt: int
    execution_arn: str
    uploaded_at: str
    claimed_at: str
    updated_at: str
    review: str  # none | open | done
    review_reason: str
    enqueued_at: str
    reason: str
    message: str
    driver_id: str
    vehicle: str
    decided_by: str
    superseded: bool
    model_version: str
    classification: Mapping[str, Any]  # probabilities, confidence, threshold, threshold_source
    decision_seq: int = 0  # number of decisions by people
    decisions: tuple[
        Mapping[str, Any], ...
    ] = ()  # the newest, each with the state before and after
    lease_owner: str = ""  # reviewer who holds the review
    lease_until: str = ""  # end of the lease
    last_activity_at: str = ""  # last lease, release or decision of the review
    reminded_at: str = (
        ""  # when the message was last sent again; `enqueued_at` keeps the first time
    )
    received_at: str = ""
    upload_id: str = ""
    size_bytes: int = 0
    parked_at: str = ""
    parked_reason: str = ""  # error name, `IntakePaused` or `BreakerOpen`
    parkings: int = 0  # attempts that were parked, of all attempts
    kept_until: int = 0  # time to live, seconds since 1970; 0 while it has none
    quality: Mapping[str, Any] = field(
        default_factory=dict
    )  # the fields of `Quality`, and `defects`

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: a DynamoDB item
        """Check and convert an item of the photos table.

        Raises: InvalidRecord.
        """
        item = {
            name: value for name, value in item.items() if value is not None
        }  # NULL counts as absent
        try:
            row = cls(
                photo_id=item[PhotoAttribute.PHOTO_ID],
                bucket=item[PhotoAttribute.BUCKET],
                key=item[PhotoAttribute.KEY],
                version_id=item.get(PhotoAttribute.VERSION_ID, ""),
                etag=item[PhotoAttribute.ETAG],
                status=item[PhotoAttribute.STATUS],
                attempt=int(item[PhotoAttribute.ATTEMPT]),
                execution_arn=item[PhotoAttribute.EXECUTION_ARN],
                uploaded_at=item[PhotoAttribute.UPLOADED_AT],
                claimed_at=item[PhotoAttribute.CLAIMED_AT],
                updated_at=item[PhotoAttribute.UPDATED_AT],
                review=item[PhotoAttribute.REVIEW],
                review_reason=item.get(PhotoAttribute.REVIEW_REASON, ""),
                enqueued_at=item.get(PhotoAttribute.ENQUEUED_AT, ""),
                reason=item.get(PhotoAttribute.REASON, ""),
                message=item.get(PhotoAttribute.MESSAGE, ""),
                driver_id=item.get(PhotoAttribute.DRIVER_ID, ""),
                vehicle=item.get(PhotoAttribute.VEHICLE, ""),
                decided_by=item.get(PhotoAttribute.DECIDED_BY, ""),
                superseded=bool(item.get(PhotoAttribute.SUPERSEDED, False)),
                model_version=item.get(PhotoAttribute.MODEL_VERSION, ""),
                classification=item.get(PhotoAttribute.CLASSIFICATION, {}),
                decision_seq=int(item.get(PhotoAttribute.DECISION_SEQ, 0)),
                decisions=tuple(item.get(PhotoAttribute.DECISIONS, ())),
                lease_owner=item.get(PhotoAttribute.LEASE_OWNER, ""),
                lease_until=item.get(PhotoAttribute.LEASE_UNTIL, ""),
                last_activity_at=item.get(PhotoAttribute.LAST_ACTIVITY_AT, ""),
                reminded_at=item.get(PhotoAttribute.REMINDED_AT, ""),
                received_at=item.get(PhotoAttribute.RECEIVED_AT, ""),
                upload_id=item.get(PhotoAttribute.UPLOAD_ID, ""),
                size_bytes=int(item.get(PhotoAttribute.SIZE_BYTES, 0)),
                parked_at=item.get(PhotoAttribute.PARKED_AT, ""),
                parked_reason=item.get(PhotoAttribute.PARKED_REASON, ""),
                parkings=int(item.get(PhotoAttribute.PARKINGS, 0)),
                kept_until=int(item.get(PhotoAttribute.KEPT_UNTIL, 0)),
                quality=item.get(PhotoAttribute.QUALITY, {}),
            )
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise InvalidRecord(f"a ledger row is malformed: {error!r}") from error
        row._check()
        return row

    def _check(self) -> None:
        maps: tuple[object, ...] = (self.classification, self.quality, *self.decisions)
        if not all(isinstance(value, Mapping) for value in maps):
            raise InvalidRecord(
                "a ledger row is malformed: classification, quality or a decision is not a map"
            )
        for name in _NUMBERS:
            if not 0 <= getattr(self, name) < _LARGEST:
                raise InvalidRecord(f"a ledger row is malformed: {name} is out of range")
        for name in _TEXTS:
            if not isinstance(getattr(self, name), str):
                raise InvalidRecord(f"a ledger row is malformed: {name} is not a text")

    @property
    def is_parked(self) -> bool:
        """Whether the photo waits for the drain."""
        return self.status == "received" and bool(self.parked_at)

    def has_expired(self, now: datetime) -> bool:
        """Whether the row only waits for DynamoDB to delete it, which takes up to two days."""
        return 0 < self.kept_until <= now.timestamp()

    @property
    def photo_order(self) -> str:
        """Sort key of a driver's photos: by upload, then by id, so the order is total."""
        return f"{self.uploaded_at}#{self.photo_id}"


_LARGEST = 10**18  # DynamoDB returns numbers that cannot be written again, of up to 126 digits
_NUMBERS = tuple(attribute.name for attribute in fields(LedgerRow) if attribute.type is int)
_TEXTS = tuple(attribute.name for attribute in fields(LedgerRow) if attribute.type is str)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRow:
    """One driver's row of the assignments table: what dispatch reads."""

    driver_id: str
    vehicle: str
    order_range: str
    photo_id: str
    photo_order: str
    valid_until: str

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: a DynamoDB item
        """Check and convert an item of the assignments table.

        Raises: InvalidRecord.
        """
        try:
            row = cls(
                driver_id=item[AssignmentAttribute.DRIVER_ID],
                vehicle=item[AssignmentAttribute.VEHICLE],
                order_range=item[AssignmentAttribute.ORDER_RANGE],
                photo_id=item[AssignmentAttribute.PHOTO_ID],
                photo_order=item[AssignmentAttribute.PHOTO_ORDER],
                valid_until=item[AssignmentAttribute.VALID_UNTIL],
            )
        except KeyError as error:
            raise InvalidRecord(f"an assignment row lacks {error}") from error
        for attribute in fields(cls):
            if not isinstance(getattr(row, attribute.name), str):
                raise InvalidRecord(
                    f"an assignment row is malformed: {attribute.name} is not a text"
                )
        return row
