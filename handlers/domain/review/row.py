"""A photo's row in the ledger as reviews need it: its state, its lease and former decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.timestamps import parse

_LARGEST = 10**18  # DynamoDB returns numbers that cannot be written again, of up to 126 digits

# An item or a part of one, at one moment. Any: a DynamoDB value.
ItemImage = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoState:
    """The attributes that a decision may change; a text whose attribute is absent is empty."""

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
    first_by: str = ""  # author of the first verdict while a second opinion is awaited
    second_until: str = ""  # end of that wait

    @classmethod
    def of(cls, item: ItemImage) -> Self:
        """Return the state that an item, or an earlier image of one, contains."""
        values = {field.name: item[field.name] for field in fields(cls) if field.name in item}
        return cls(**values)

    def to_wire(self) -> dict[str, str | bool]:
        """Return the attributes that are not empty."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A reviewer's exclusive hold on a review; the page extends it while they are active."""

    lease_id: str
    owner: str
    since: str
    until: str
    receipt: str  # SQS receipt of the message; empty if the review came from the ledger

    def is_active(self, now: str) -> bool:
        """Whether the lease is in force at `now`, a moment in the form of `stamp`."""
        return self.until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One photo's row, as it was read."""

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
    skipped: Mapping[str, str]  # reviewer → time until which colleagues go first

    @classmethod
    def from_item(cls, item: ItemImage) -> Self:
        """Check and convert an item of the photos table.

        Raises: InvalidRecord.
        """
        try:
            row = cls(
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
            row._check()
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidRecord(f"a ledger row is malformed: {error!r}") from error
        return row

    def _check(self) -> None:
        """Check what the types of a DynamoDB item do not guarantee.

        Raises: AttributeError, KeyError, TypeError, ValueError, ArithmeticError.
        """
        _check_texts(self)
        _check_texts(self.state)
        if self.lease:
            _check_texts(self.lease)
        times = [self.uploaded_at, self.received_at, *self.skipped.values()]
        times += [self.lease.since, self.lease.until] if self.lease else []
        times += [self.state.second_until] if self.state.second_until else []
        if any(parse(moment).tzinfo is None for moment in times):
            raise ValueError("a time has no zone")
        is_in_range = 0 <= self.decision_seq < _LARGEST
        if not is_in_range or not isinstance(self.state.superseded, bool):
            raise ValueError("decision_seq is out of range, or superseded is not true or false")
        for probability in (self.classification.get("probabilities") or {}).values():
            float(probability)
        for decision in self.decisions:
            int(decision["seq"]), parse(decision["decided_at"])
            for image in (decision["before"], decision["after"]):
                _check_texts(PhotoState.of(image))
            if {type(decision[name]) for name in _DECISION_TEXTS} != {str}:
                raise TypeError("a decision is malformed")

    @property
    def photo_order(self) -> str:
        """Sort key of a driver's photos: by upload, then by id, so the order is total."""
        return f"{self.uploaded_at}#{self.photo_id}"

    @property
    def last_decision(self) -> ItemImage | None:
        """The latest decision of a reviewer or driver, if there is one."""
        return self.decisions[-1] if self.decisions else None

    def held_by(self, lease: Lease) -> Self:
        """Return the row with this lease."""
        return replace(self, lease=lease)

    def decision_of(self, request: str, reviewer: str) -> ItemImage | None:
        """Return the decision that the same request led to before: a repeat is idempotent."""
        return next(
            (
                decision
                for decision in reversed(self.decisions)
                if decision.get("request") == request and decision["decided_by"] == reviewer
            ),
            None,
        )


_DECISION_TEXTS = ("kind", "verdict", "decided_by")


def _check_texts(record: "ReviewRow | PhotoState | Lease") -> None:
    for field in fields(record):
        if field.type is str and not isinstance(getattr(record, field.name), str):
            raise TypeError(f"{field.name} is not a text")


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
