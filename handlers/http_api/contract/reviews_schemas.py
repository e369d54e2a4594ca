"""Requests and responses of the reviewers' API."""

from typing import Annotated

from msgspec import Meta

from handlers.http_api.schemas import Instant, Schema

LeaseId = Annotated[str, Meta(pattern=r"^[0-9a-f-]+\Z", min_length=1, max_length=36)]
DecisionSeq = Annotated[
    int, Meta(ge=0, le=1_000_000, description="Number of decisions about the photo so far.")
]
VerdictCode = Annotated[str, Meta(pattern=r"^[a-z0-9_-]+\Z", min_length=1, max_length=64)]


class NextReviewRequest(Schema, frozen=True, kw_only=True):
    """Ask for the next review."""

    prefetch: Annotated[
        bool, Meta(description="The page still shows a photo and asks for the one after it.")
    ] = False


class LeaseRequest(Schema, frozen=True, kw_only=True):
    """The lease by which the caller holds the review."""

    lease_id: LeaseId


class VerdictRequest(Schema, frozen=True, kw_only=True):
    """What the reviewer sees in the photo."""

    lease_id: LeaseId
    decision_seq: DecisionSeq
    verdict: Annotated[VerdictCode, Meta(description="One of `GET /reviews/choices`.")]


class UndoRequest(Schema, frozen=True, kw_only=True):
    """The decision to undo, as the response to the verdict named it."""

    decision_seq: DecisionSeq


class ImageQuery(Schema, frozen=True, kw_only=True):
    """The lease of the review: only its holder sees the photo."""

    lease_id: LeaseId


class Review(Schema, frozen=True, kw_only=True):
    """One photo to look at. Blind reviews come without probabilities and with a general reason."""

    photo_id: str
    lease_id: str
    lease_until: Instant
    decision_seq: Annotated[int, Meta(description="To be sent back with the verdict.")]
    reason: Annotated[str, Meta(description="Stable code: why the photo is in review.")]
    reason_text: Annotated[str, Meta(description="The reason as a sentence.")]
    probabilities: Annotated[
        dict[str, float] | None, Meta(description="0..1 by class name; null in a blind review.")
    ]
    received_at: Instant
    image_url: Annotated[str, Meta(description="Relative to the API's address.")]
    key: Annotated[str, Meta(max_length=1024, description="File name, as uploaded.")]


class NextReviewResponse(Schema, frozen=True, kw_only=True):
    """The next review, or null if none waits."""

    review: Review | None


class LeaseResponse(Schema, frozen=True, kw_only=True):
    """The lease after it was extended."""

    lease_until: Instant


class EmptyResponse(Schema, frozen=True, kw_only=True):
    """The operation succeeded and returns no data."""


class VerdictResponse(Schema, frozen=True, kw_only=True):
    """The verdict, as it was recorded."""

    photo_id: str
    decision_seq: Annotated[int, Meta(description="Names the decision in an undo.")]
    verdict: str
    undo_until: Instant


class UndoResponse(Schema, frozen=True, kw_only=True):
    """The undo, as it was recorded."""

    photo_id: str
    decision_seq: int
    review: Annotated[
        Review | None,
        Meta(description="The review, leased to the caller again; null once that lease is over."),
    ]


class QueueStatus(Schema, frozen=True, kw_only=True):
    """How many reviews are open, and how long the oldest waits."""

    waiting: int
    waiting_is_exact: Annotated[
        bool, Meta(description="False: there are too many to count, `waiting` is a lower bound.")
    ]
    held_by_me: int
    held_by_colleagues: int
    oldest_received_at: Instant | None
    oldest_age_s: int | None
    decided_by_me_today: int


class Choice(Schema, frozen=True, kw_only=True):
    """One possible verdict."""

    verdict: str
    label: str


class Choices(Schema, frozen=True, kw_only=True):
    """The verdicts in the order of their keys, and the times that bind the page."""

    choices: tuple[Choice, ...]
    undo_window_s: int
    lease_s: int


class ReviewerAgreement(Schema, frozen=True, kw_only=True):
    """How often a second reviewer gave the same verdict as this one."""

    reviewer: str
    verdict: str
    pairs: Annotated[int, Meta(description="Photos that two reviewers saw.")]
    agreed: Annotated[int, Meta(description="0..`pairs`")]


class KnownResult(Schema, frozen=True, kw_only=True):
    """How often a reviewer was right about seeded photos of known class."""

    reviewer: str
    truth: str
    shown: int
    right: Annotated[int, Meta(description="0..`shown`")]


class Disagreement(Schema, frozen=True, kw_only=True):
    """Two reviewers gave different verdicts on one photo."""

    photo_id: str
    first_by: str
    first_verdict: str
    second_by: str
    second_verdict: str
    decided_at: Instant


class AgreementReport(Schema, frozen=True, kw_only=True):
    """Agreement by reviewer and class, results on known photos, and the newest disagreements."""

    agreement: tuple[ReviewerAgreement, ...]
    known: tuple[KnownResult, ...]
    disagreements: tuple[Disagreement, ...]
