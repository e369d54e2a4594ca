"""What reviewers send and get, as the API document shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from handlers.api.shapes import Instant, Text, Whole

LeaseId = Annotated[str, Text(max_length=36, pattern="[0-9a-f-]+")]
Sequence = Annotated[int, Whole(maximum=1_000_000, description="counts a photo's decisions")]
Code = Annotated[str, Text(max_length=64, pattern="[a-z0-9_-]+")]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextReview:
    """Ask for work; a page may ask for the photo after the one that it shows."""

    prefetch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A review in hand."""

    lease_id: LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenVerdict:
    """What the reviewer sees in the photo."""

    lease_id: LeaseId
    decision_seq: Sequence
    verdict: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The decision to take back, as the verdict's answer named it."""

    decision_seq: Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOf:
    """Only whoever holds the review sees its photo."""

    lease_id: LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One photo to look at. Blind reviews come without probabilities and with a general reason."""

    photo_id: str
    lease_id: str
    lease_until: Instant
    decision_seq: int
    reason: str
    reason_text: str
    probabilities: Mapping[str, float] | None
    received_at: Instant
    image_url: str
    key: Annotated[str, Text(min_length=0, max_length=1024, description="file name, as uploaded")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The next review, if there is one."""

    review: Review | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """How long the review is held now."""

    lease_until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It was done; there is nothing to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict, as it was recorded."""

    photo_id: str
    decision_seq: int
    verdict: str
    undo_until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """The review is open again, and held by whoever took his verdict back."""

    photo_id: str
    decision_seq: int
    review: Review | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """How much there is to do; beyond some hundreds `waiting` is a lower bound."""

    waiting: int
    waiting_is_exact: bool
    held_by_me: int
    held_by_colleagues: int
    oldest_received_at: Instant | None
    oldest_age_s: int | None
    decided_by_me_today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One possible verdict."""

    verdict: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The verdicts in the order of their keys, and the times that bind the page."""

    choices: tuple[Choice, ...]
    undo_window_s: int
    lease_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often a reviewer's verdict was shared by the second person who saw the photo."""

    reviewer: str
    verdict: str
    pairs: int
    agreed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownResult:
    """How often a reviewer was right about seeded photos whose class is known."""

    reviewer: str
    truth: str
    shown: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two people saw two things in one photo."""

    photo_id: str
    first_by: str
    first_verdict: str
    second_by: str
    second_verdict: str
    decided_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementReport:
    """For the lead: agreement by reviewer and class, and the newest disagreements."""

    agreement: tuple[Agreement, ...]
    known: tuple[KnownResult, ...]
    disagreements: tuple[Disagreement, ...]
