"""What reviewers may say and see, and which reviews are blind or go to two people."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.domain.review.row import ReviewRow

NEITHER = "neither"
UNUSABLE = "unusable"

# Verdict → why the photo is refused, and the sentence for the driver.
REFUSALS = {
    NEITHER: (
        "no_vehicle",
        "A colleague looked at the photo and saw no delivery vehicle. Please send one of yours.",
    ),
    UNUSABLE: (
        "retake",
        "A colleague could not tell what the photo shows. Please take it again, in good light.",
    ),
}
NOBODYS_PHOTO = (
    "no_driver",
    "The photo names no driver, so it cannot be assigned. Please send it through the app.",
)

_REASON_TEXTS = {
    "low_confidence": "The model was not sure.",
    "no_vehicle": "The model saw no delivery vehicle.",
    "poor_quality": "The photo is dark, blurred or small.",
    "no_driver": "The upload names no driver.",
    "contested": "The driver disagrees with what was decided.",
}
BLIND_REASON = ("check", "Please say what you see.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """The settings of the reviews; the salt is a secret, so that nobody foresees a sample."""

    order_ranges: Mapping[str, str]  # vehicle → nearby | distant
    valid_hours: float
    lease_s: float
    undo_window_s: float
    blind_share: float
    second_share: float
    salt: str

    @property
    def verdicts(self) -> tuple[str, ...]:
        """In the order of the keys."""
        return (*self.order_ranges, NEITHER, UNUSABLE)

    def is_blind(self, row: ReviewRow) -> bool:
        """Whether the reviewer is told neither the probabilities nor why he is asked.

        Audits always are. Were they alone, a blind item would be a confident one, and the audit
        would measure how people confirm the model: so a share of all others is blind as well.
        """
        if row.state.review_reason == "audit":
            return True
        return _drawn("blind", row.photo_id, salt=self.salt, share=self.blind_share)

    def needs_second_opinion(self, row: ReviewRow) -> bool:
        """Once in the life of a photo, whatever the first verdict says."""
        if any(decision["kind"] == "opinion" for decision in row.decisions):
            return False
        return _drawn("second", row.photo_id, salt=self.salt, share=self.second_share)

    def reason_shown(self, row: ReviewRow) -> tuple[str, str]:
        """A code and a sentence."""
        reason = row.state.review_reason
        if self.is_blind(row) or reason not in _REASON_TEXTS:
            return BLIND_REASON
        return reason, _REASON_TEXTS[reason]


def _drawn(purpose: str, photo_id: str, *, salt: str, share: float) -> bool:
    """As `policy.is_audited` draws, but another sample for each purpose."""
    digest = hmac.new(salt.encode(), f"{purpose}\n{photo_id}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) < share * 2**64
