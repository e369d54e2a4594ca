"""A photo as its driver sees it, derived from the ledger's row.

Drivers must not notice an audit: an assigned photo with an open review looks like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.photo.refusal_reasons import RefusalReason
from handlers.domain.timestamps import parse

Status = Literal["received", "assigned", "in_review", "rejected", "failed"]
_SHOWN: Mapping[str, Status] = {
    "received": "received",
    "requeued": "received",  # further attempts are internal
    "assigned": "assigned",
    "in_review": "in_review",
    "rejected": "rejected",
    "failed": "failed",
}

# Stable code → sentence for the app. Refusals by Serialize come with sentences of their own.
SENTENCES: Mapping[str, str] = {
    "being_checked": "A colleague is having a look at your photo. This takes a few minutes.",
    "contested": "You asked us to look again. A colleague decides; until then nothing changes.",
    "no_vehicle": "We see no bicycle or motorcycle on it. Please take a photo of your vehicle.",
    "retake": "We cannot see the vehicle well enough. Please take another photo, in good light.",
    "on_our_side": "Something went wrong on our side. You can also send the photo again.",
}
OTHER_REASON = "other"
"""The code for one that this version does not list; the stored sentence is shown with it."""

REASON_CODES = frozenset({*SENTENCES, *get_args(RefusalReason), OTHER_REASON})
_TEXTS = (
    PhotoAttribute.PHOTO_ID,
    PhotoAttribute.UPLOAD_ID,
    PhotoAttribute.DRIVER_ID,
    PhotoAttribute.REVIEW,
    PhotoAttribute.REVIEW_REASON,
    PhotoAttribute.REASON,
    PhotoAttribute.MESSAGE,
    PhotoAttribute.VEHICLE,
    PhotoAttribute.ORDER_RANGE,
    PhotoAttribute.VALID_UNTIL,
    PhotoAttribute.UPLOADED_AT,
    PhotoAttribute.UPDATED_AT,
)
_OWN_REASON = {"rejected", "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverPhoto:
    """One photo for its driver; texts that do not apply are empty."""

    photo_id: str
    upload_id: str
    driver_id: str
    status: Status
    reason: str  # stable code
    sentence: str
    vehicle: str
    order_range: str
    valid_until: str
    uploaded_at: str
    updated_at: str
    is_contested: bool
    can_be_contested: bool

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: a DynamoDB item
        """Derive the view from a row of the photos table.

        Raises: InvalidRecord.
        """
        try:
            status = _SHOWN[item[PhotoAttribute.STATUS]]
            _check_texts(item)
            contested = (
                item[PhotoAttribute.REVIEW] == "open"
                and item.get(PhotoAttribute.REVIEW_REASON) == "contested"
            )
            reason = _reason(status, item.get(PhotoAttribute.REASON, ""), is_contested=contested)
            is_assigned = status == "assigned"
            return cls(
                photo_id=item[PhotoAttribute.PHOTO_ID],
                upload_id=item.get(PhotoAttribute.UPLOAD_ID, ""),
                driver_id=item.get(PhotoAttribute.DRIVER_ID, ""),
                status=status,
                reason=reason,
                sentence=_sentence(reason, item.get(PhotoAttribute.MESSAGE, "")),
                vehicle=item.get(PhotoAttribute.VEHICLE, "") if is_assigned else "",
                order_range=item.get(PhotoAttribute.ORDER_RANGE, "") if is_assigned else "",
                valid_until=item.get(PhotoAttribute.VALID_UNTIL, "") if is_assigned else "",
                uploaded_at=item[PhotoAttribute.UPLOADED_AT],
                updated_at=item[PhotoAttribute.UPDATED_AT],
                is_contested=contested,
                can_be_contested=status in {"assigned", "rejected"} and not contested,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidRecord(f"a ledger row is malformed: {error!r}") from error

    @classmethod
    def unreadable(cls, item: Mapping[str, Any]) -> Self:  # Any: a DynamoDB item
        """Return a row that cannot be read as a photo that failed on our side.

        Raises: InvalidRecord, where photo, driver or time cannot be read either.
        """
        required = (PhotoAttribute.PHOTO_ID, PhotoAttribute.DRIVER_ID, PhotoAttribute.UPLOADED_AT)
        identity: dict[str, Any] = {name: item[name] for name in required if name in item}
        upload_id = item.get(PhotoAttribute.UPLOAD_ID)
        if isinstance(upload_id, str):
            identity[PhotoAttribute.UPLOAD_ID] = upload_id
        return cls.from_item(
            {
                **identity,
                PhotoAttribute.STATUS: "failed",
                PhotoAttribute.REVIEW: "none",
                PhotoAttribute.UPDATED_AT: identity.get(PhotoAttribute.UPLOADED_AT),
            }
        )


def _check_texts(item: Mapping[str, Any]) -> None:
    """Check the attributes that are shown.

    Raises: TypeError, ValueError.
    """
    for name in _TEXTS:
        if name in item and not isinstance(item[name], str):
            raise TypeError(f"{name} is not a text")
    for name in (PhotoAttribute.UPLOADED_AT, PhotoAttribute.UPDATED_AT):
        if name in item:
            parse(item[name])


def _reason(status: str, stored: str, *, is_contested: bool) -> str:
    if is_contested:
        return "contested"
    if status == "in_review":
        return "being_checked"
    # The ledger holds an error's name as the reason of a failure; that is for operators only.
    if status == "failed":
        return "on_our_side"
    if status not in _OWN_REASON or not stored:
        return ""
    return stored if stored in REASON_CODES else OTHER_REASON


def _sentence(reason: str, stored: str) -> str:
    return SENTENCES.get(reason) or (stored if reason else "")
