"""Photos as the list shows them: one photo, counts by state, and one page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from handlers.domain.ledger.rows import FINAL_STATUSES
from handlers.domain.ledger.schema import PhotoAttribute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

IN_FLIGHT = "in_flight"
STATES = (*FINAL_STATUSES, IN_FLIGHT)
PAGE_SIZE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The part of a ledger row that the list shows.

    Lenient where `LedgerRow` is strict: people must see a row that should not exist.
    """

    photo_id: str
    key: str
    driver_id: str
    status: str
    review: str
    reason: str
    vehicle: str
    confidence: float | None
    superseded: bool
    received_at: str
    updated_at: str
    execution_arn: str

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:  # Any: a DynamoDB item
        """Read the attributes that the row has; others, and those of another type, are empty."""
        texts = {name: value for name, value in item.items() if isinstance(value, str)}
        classification = item.get(PhotoAttribute.CLASSIFICATION)
        if not isinstance(classification, Mapping):
            classification = {}
        guess = (
            ""
            if texts.get(PhotoAttribute.REVIEW_REASON) == "no_vehicle"
            else str(classification.get("vehicle", ""))
        )
        return cls(
            photo_id=item[PhotoAttribute.PHOTO_ID],
            key=texts.get(PhotoAttribute.KEY, ""),
            driver_id=texts.get(PhotoAttribute.DRIVER_ID, ""),
            status=texts.get(PhotoAttribute.STATUS, ""),
            review=texts.get(PhotoAttribute.REVIEW, ""),
            reason=texts.get(PhotoAttribute.REASON)
            or texts.get(PhotoAttribute.REVIEW_REASON)
            or "",
            vehicle=texts.get(PhotoAttribute.VEHICLE) or guess,
            confidence=_number(classification.get("confidence")),
            superseded=bool(item.get(PhotoAttribute.SUPERSEDED)),
            received_at=texts.get(PhotoAttribute.RECEIVED_AT, ""),
            updated_at=texts.get(PhotoAttribute.UPDATED_AT, ""),
            execution_arn=texts.get(PhotoAttribute.EXECUTION_ARN, ""),
        )

    @property
    def state(self) -> str:
        """The state that it counts as: its final status, or `in_flight`."""
        return self.status if self.status in FINAL_STATUSES else IN_FLIGHT

    @property
    def cursor(self) -> str:
        """Sorts photos by arrival; a page starts below a cursor, so new photos do not move it."""
        return f"{self.received_at}#{self.photo_id}"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, Decimal) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage:
    """One page of the list, newest first."""

    cards: Sequence[Card]
    position: int  # of the first card, from 1; 0 on an empty page
    of: int  # number of photos on all pages
    older: str  # cursor of the next page; empty on the last page


def counts(cards: Iterable[Card], *, uploads: int) -> dict[str, int]:
    """Count photos by state; the counts of all states add up to `received`.

    `uploads` is the number of objects in the bucket, perhaps a moment earlier than the ledger's
    rows. Photos without a row are `unclaimed` and count as in flight as well.
    """
    states = Counter(card.state for card in cards)
    rows = states.total()
    unclaimed = max(0, uploads - rows)
    by_state = {state: states[state] for state in STATES}
    by_state[IN_FLIGHT] += unclaimed
    return {"received": rows + unclaimed, **by_state, "unclaimed": unclaimed}


def card_page(cards: Iterable[Card], *, state: str = "", before: str = "") -> CardPage:
    """Return the newest photos of a state that are below the cursor `before`; empty is any."""
    chosen = sorted(
        (card for card in cards if state in {"", card.state}),
        key=lambda card: card.cursor,
        reverse=True,
    )
    start = sum(card.cursor >= before for card in chosen) if before else 0
    shown = chosen[start : start + PAGE_SIZE]
    more = start + PAGE_SIZE < len(chosen)
    return CardPage(
        cards=shown,
        position=start + 1 if shown else 0,
        of=len(chosen),
        older=shown[-1].cursor if more else "",
    )
