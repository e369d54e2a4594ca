"""A photo's row in the ledger, and a driver's row in the assignments, as readers see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from handlers.domain.errors import InvalidRecord

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
                photo_id=item["photo_id"],
                bucket=item["bucket"],
                key=item["key"],
                version_id=item.get("version_id", ""),
                etag=item["etag"],
                status=item["status"],
                attempt=int(item["attempt"]),
                execution_arn=item["execution_arn"],
                uploaded_at=item["uploaded_at"],
                claimed_at=item["claimed_at"],
                updated_at=item["updated_at"],
                review=item["review"],
                review_reason=item.get("review_reason", ""),
                enqueued_at=item.get("enqueued_at", ""),
                reason=item.get("reason", ""),
                message=item.get("message", ""),
                driver_id=item.get("driver_id", ""),
                vehicle=item.get("vehicle", ""),
                decided_by=item.get("decided_by", ""),
                superseded=bool(item.get("superseded", False)),
                model_version=item.get("model_version", ""),
                classification=item.get("classification", {}),
                decision_seq=int(item.get("decision_seq", 0)),
                decisions=tuple(item.get("decisions", ())),
                lease_owner=item.get("lease_owner", ""),
                lease_until=item.get("lease_until", ""),
                last_activity_at=item.get("last_activity_at", ""),
                reminded_at=item.get("reminded_at", ""),
                received_at=item.get("received_at", ""),
                upload_id=item.get("upload_id", ""),
                size_bytes=int(item.get("size_bytes", 0)),
                quality=item.get("quality", {}),
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
                driver_id=item["driver_id"],
                vehicle=item["vehicle"],
                order_range=item["order_range"],
                photo_id=item["photo_id"],
                photo_order=item["photo_order"],
                valid_until=item["valid_until"],
            )
        except KeyError as error:
            raise InvalidRecord(f"an assignment row lacks {error}") from error
