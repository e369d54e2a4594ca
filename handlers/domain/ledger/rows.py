"""A photo's row in the ledger, and a driver's row in the assignments, as readers see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.schema import AssignmentAttribute, PhotoAttribute

STATUSES = ("received", "assigned", "in_review", "rejected", "failed", "requeued")
FINAL_STATUSES = ("assigned", "in_review", "rejected", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """What the state machine wrote of one photo; texts are empty where nothing was written."""

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
    decision_seq: int = 0  # how often a person or driver had a say
    decisions: tuple[Mapping[str, Any], ...] = ()  # the newest of them, with before and after
    lease_owner: str = ""  # who holds the review
    lease_until: str = ""  # a reviewer has the photo before the eyes until then
    last_activity_at: str = ""  # of its review
    reminded_at: str = ""  # when its message was sent again; `enqueued_at` stays the first time
    received_at: str = ""
    upload_id: str = ""
    size_bytes: int = 0
    quality: Mapping[str, Any] = field(default_factory=dict)  # see `quality.py`, and `defects`

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: a DynamoDB item
        """Raises: InvalidRecord."""
        item = {name: value for name, value in item.items() if value is not None}  # as if absent
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
                quality=item.get(PhotoAttribute.QUALITY, {}),
            )
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise InvalidRecord(f"a ledger row is malformed: {error!r}") from error
        row._check()
        return row

    def _check(self) -> None:
        maps: tuple[object, ...] = (self.classification, self.quality, *self.decisions)
        if not all(isinstance(each, Mapping) for each in maps):
            raise InvalidRecord("a ledger row is malformed: a map is of another type")
        for name in _TEXTS:
            if not isinstance(getattr(self, name), str):
                raise InvalidRecord(f"a ledger row is malformed: {name} is no text")

    @property
    def photo_order(self) -> str:
        """Sorts the photos of a driver by upload; ties are broken the same way every time."""
        return f"{self.uploaded_at}#{self.photo_id}"


_TEXTS = tuple(each.name for each in fields(LedgerRow) if each.type is str)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRow:
    """What dispatch reads of one driver."""

    driver_id: str
    vehicle: str
    order_range: str
    photo_id: str
    photo_order: str
    valid_until: str

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: a DynamoDB item
        """Raises: InvalidRecord."""
        try:
            return cls(
                driver_id=item[AssignmentAttribute.DRIVER_ID],
                vehicle=item[AssignmentAttribute.VEHICLE],
                order_range=item[AssignmentAttribute.ORDER_RANGE],
                photo_id=item[AssignmentAttribute.PHOTO_ID],
                photo_order=item[AssignmentAttribute.PHOTO_ORDER],
                valid_until=item[AssignmentAttribute.VALID_UNTIL],
            )
        except KeyError as error:
            raise InvalidRecord(f"an assignment row lacks {error}") from error
