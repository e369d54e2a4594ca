"""Possible verdicts, what reviewers see, and which reviews are blind or get a second opinion."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.domain.review.row import ReviewRow

NEITHER = "neither"
UNUSABLE = "unusable"

# Verdict that rejects the photo → its reason code, and the sentence for the driver.
REJECTIONS = {
    NEITHER: (
        "no_vehicle",
        "A colleague looked at the photo and saw no delivery vehicle. Please send one of yours.",
    ),
    UNUSABLE: (
        "retake",
        "A colleague could not tell what the photo shows. Please take it again, in good light.",
    ),
}
WITHOUT_DRIVER = (
    "no_driver",
    "The photo names no driver, so it cannot be assigned. Please send it through the app.",
)

_REASON_TEXTS = {
    "low_confidence": "The model was not sure.",
    "no_vehicle": "The model saw no delivery vehicle.",
    "poor_quality": "The photo is dark, blurred or small, or looks drawn or printed.",
    "no_driver": "The upload names no driver.",
    "contested": "The driver disagrees with the decision.",
}
BLIND_REASON = ("check", "Please say what you see.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """Settings of the reviews; the salt is a secret, so that no person can predict a sample."""

    order_ranges: Mapping[str, str]  # vehicle → nearby | distant
    valid_hours: float
    lease_s: float
    undo_window_s: float
    blind_share: float  # 0..1 of the reviews other than audits
    second_share: float  # 0..1 of all reviews
    salt: str

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The possible verdicts, in the order of the page's keys."""
        return (*self.order_ranges, NEITHER, UNUSABLE)

    def is_blind(self, row: ReviewRow) -> bool:
        """Whether the review shows neither the probabilities nor the reason.

        Audits always are blind. If only audits were, reviewers would know that the model is
        confident about every blind photo, and would confirm it: so a share of all other reviews is
        blind as well.
        """
        if row.state.review_reason == "audit":
            return True
        return _is_sampled("blind", row.photo_id, salt=self.salt, share=self.blind_share)

    def needs_second_opinion(self, row: ReviewRow) -> bool:
        """Whether to ask for one; a photo gets at most one, whatever the first verdict is."""
        if any(decision["kind"] == "opinion" for decision in row.decisions):
            return False
        return _is_sampled("second", row.photo_id, salt=self.salt, share=self.second_share)

    def reason_shown(self, row: ReviewRow) -> tuple[str, str]:
        """Return the reason that the page shows: a stable code and a sentence."""
        reason = row.state.review_reason
        if self.is_blind(row) or reason not in _REASON_TEXTS:
            return BLIND_REASON
        return reason, _REASON_TEXTS[reason]


def _is_sampled(purpose: str, photo_id: str, *, salt: str, share: float) -> bool:
    """Draw like `policy.is_audited`, with another sample for each purpose."""
    digest = hmac.new(salt.encode(), f"{purpose}\n{photo_id}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) < share * 2**64
