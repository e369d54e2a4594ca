"""A photo's row in the ledger as its reviews see it: who holds it, and what was decided before."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.schema import PhotoAttribute

ItemImage = Mapping[
    str, Any
]  # Any: a DynamoDB value; what a record held before or after a decision


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoState:
    """All that a decision may change in the row; texts are empty where nothing is written."""

    status: str
    review: str  # none | open | done
    review_reason: str = ""
    reason: str = ""
    message: str = ""
    vehicle: str = ""
    order_range: str = ""
    valid_until: str = ""
    decided_by: str = ""
    superseded: bool = False
    first_by: str = ""  # while a second opinion is asked for: who gave the first
    second_until: str = ""  # and until when it is

    @classmethod
    def of(cls, item: ItemImage) -> Self:
        """From a row, or from an image of one."""
        given = {field.name: item[field.name] for field in fields(cls) if field.name in item}
        return cls(**given)

    def to_wire(self) -> dict[str, str | bool]:
        """Without what is empty."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One reviewer's exclusive hold on a review, for as long as he shows that he is there."""

    lease_id: str
    owner: str
    since: str
    until: str
    receipt: str  # of the message it came with; empty where the review was found in the ledger

    def is_active(self, now: str) -> bool:
        """Both moments as `stamp` writes them."""
        return self.until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One photo, in the state that it was read in."""

    photo_id: str
    bucket: str
    key: str
    version_id: str
    etag: str
    size_bytes: int
    uploaded_at: str
    received_at: str
    driver_id: str
    order_id: str
    model_version: str
    classification: ItemImage  # probabilities, confidence, threshold
    state: PhotoState
    decision_seq: int
    decisions: tuple[ItemImage, ...]
    lease: Lease | None
    skipped: Mapping[str, str]  # reviewer → until when a colleague goes first

    @classmethod
    def from_item(cls, item: ItemImage) -> Self:
        """Raises: InvalidRecord."""
        try:
            return cls(
                photo_id=item[PhotoAttribute.PHOTO_ID],
                bucket=item[PhotoAttribute.BUCKET],
                key=item[PhotoAttribute.KEY],
                version_id=item.get(PhotoAttribute.VERSION_ID, ""),
                etag=item[PhotoAttribute.ETAG],
                size_bytes=int(item.get(PhotoAttribute.SIZE_BYTES, 0)),
                uploaded_at=item[PhotoAttribute.UPLOADED_AT],
                received_at=item[PhotoAttribute.RECEIVED_AT],
                driver_id=item.get(PhotoAttribute.DRIVER_ID, ""),
                order_id=item.get(PhotoAttribute.ORDER_ID, ""),
                model_version=item.get(PhotoAttribute.MODEL_VERSION, ""),
                classification=item.get(PhotoAttribute.CLASSIFICATION, {}),
                state=PhotoState.of(item),
                decision_seq=int(item.get(PhotoAttribute.DECISION_SEQ, 0)),
                decisions=tuple(item.get(PhotoAttribute.DECISIONS, ())),
                lease=_lease(item),
                skipped=item.get(PhotoAttribute.SKIPPED, {}),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidRecord(f"a ledger row is malformed: {error!r}") from error

    @property
    def photo_order(self) -> str:
        """Sorts the photos of a driver by upload; ties are broken the same way every time."""
        return f"{self.uploaded_at}#{self.photo_id}"

    @property
    def last_decision(self) -> ItemImage | None:
        """The decision that made the row what it is, where a person or driver had a say."""
        return self.decisions[-1] if self.decisions else None

    def held_by(self, lease: Lease) -> Self:
        """The same row under another lease."""
        return replace(self, lease=lease)

    def decision_of(self, request: str, reviewer: str) -> ItemImage | None:
        """What this very request has led to already: asking twice is asking once."""
        return next(
            (
                each
                for each in reversed(self.decisions)
                if each.get("request") == request and each["decided_by"] == reviewer
            ),
            None,
        )


def _lease(item: ItemImage) -> Lease | None:
    if PhotoAttribute.LEASE_ID not in item:
        return None
    return Lease(
        lease_id=item[PhotoAttribute.LEASE_ID],
        owner=item[PhotoAttribute.LEASE_OWNER],
        since=item[PhotoAttribute.LEASE_SINCE],
        until=item[PhotoAttribute.LEASE_UNTIL],
        receipt=item.get(PhotoAttribute.LEASE_RECEIPT, ""),
    )
