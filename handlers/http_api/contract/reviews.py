"""Operations of the reviewers' API."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from handlers.http_api.auth import LEAD, LEADS, REVIEW, REVIEWERS
from handlers.http_api.contract.reviews_schemas import (
    AgreementReport,
    Choices,
    EmptyResponse,
    ImageQuery,
    LeaseRequest,
    LeaseResponse,
    NextReviewRequest,
    NextReviewResponse,
    QueueStatus,
    UndoRequest,
    UndoResponse,
    VerdictRequest,
    VerdictResponse,
)
from handlers.http_api.operations import Operation
from handlers.http_api.problems import ProblemKind
from handlers.http_api.schemas import TEXT, Instant, PhotoId

LEASE_LOST = ProblemKind(
    status=409,
    code="lease_lost",
    title="You no longer hold this review.",
    extra={"held_by": Annotated[str | None, Meta(description="Who holds it now, if anyone.")]},
)
ALREADY_DECIDED = ProblemKind(
    status=409,
    code="already_decided",
    title="A colleague has already decided about this photo.",
    extra={
        "decided_by": str,
        "decided_at": Instant,
        "verdict": str,
        "decision_seq": int,
    },
)
UNDO_REFUSED = ProblemKind(
    status=409,
    code="undo_refused",
    title="This decision cannot be undone.",
    extra={"why": Annotated[Literal["decided_since", "not_yours", "nothing_to_undo"], TEXT]},
)
UNDO_EXPIRED = ProblemKind(
    status=410, code="undo_expired", title="It is too late to undo this decision."
)
NO_SUCH_REVIEW = ProblemKind(status=404, code="no_such_review", title="This review does not exist.")
NO_IMAGE = ProblemKind(status=404, code="no_image", title="The photo cannot be shown.")
UNKNOWN_VERDICT = ProblemKind(
    status=422,
    code="unknown_verdict",
    title="This verdict does not exist.",
    extra={"verdicts": list[str]},
)

# Any: keyword arguments of Operation that all operations here share.
_FOR_REVIEWERS: Mapping[str, Any] = {"scope": REVIEW, "groups": (REVIEWERS, LEADS)}
_FOR_A_REVIEW: Mapping[str, Any] = {
    **_FOR_REVIEWERS,
    "method": "POST",
    "path_parameters": {"photo_id": PhotoId},
    # A response about a lease is of no use once the lease is over.
    "remembered_s": 600,
}
_LEASE_PROBLEMS = (LEASE_LOST, ALREADY_DECIDED, NO_SUCH_REVIEW)

OPERATIONS = (
    Operation(
        name="next_review",
        method="POST",
        path="/reviews/next",
        summary="Take the next review, for as long as the lease lasts.",
        body=NextReviewRequest,
        response=NextReviewResponse,
        remembered_s=60,
        **_FOR_REVIEWERS,
    ),
    Operation(
        name="extend_review",
        path="/reviews/{photo_id}/extend",
        summary="Hold the review for longer.",
        body=LeaseRequest,
        response=LeaseResponse,
        problems=_LEASE_PROBLEMS,
        **_FOR_A_REVIEW,
    ),
    Operation(
        name="give_verdict",
        path="/reviews/{photo_id}/verdict",
        summary="Decide about the photo.",
        body=VerdictRequest,
        response=VerdictResponse,
        problems=(*_LEASE_PROBLEMS, UNKNOWN_VERDICT),
        **{**_FOR_A_REVIEW, "remembered_s": 86_400},
    ),
    Operation(
        name="skip_review",
        path="/reviews/{photo_id}/skip",
        summary="Leave the photo to a colleague.",
        body=LeaseRequest,
        response=EmptyResponse,
        problems=_LEASE_PROBLEMS,
        **_FOR_A_REVIEW,
    ),
    Operation(
        name="release_review",
        path="/reviews/{photo_id}/release",
        summary="Give the review back unseen.",
        body=LeaseRequest,
        response=EmptyResponse,
        problems=_LEASE_PROBLEMS,
        **_FOR_A_REVIEW,
    ),
    Operation(
        name="undo_verdict",
        path="/reviews/{photo_id}/undo",
        summary="Undo one's own last verdict and hold the review again.",
        body=UndoRequest,
        response=UndoResponse,
        problems=(UNDO_REFUSED, UNDO_EXPIRED, NO_SUCH_REVIEW),
        **_FOR_A_REVIEW,
    ),
    Operation(
        name="get_queue",
        method="GET",
        path="/reviews/queue",
        summary="See how much there is to do.",
        response=QueueStatus,
        per_second=10,
        **_FOR_REVIEWERS,
    ),
    Operation(
        name="get_choices",
        method="GET",
        path="/reviews/choices",
        summary="See the possible verdicts, in the order of their keys.",
        response=Choices,
        **_FOR_REVIEWERS,
    ),
    Operation(
        name="get_image",
        method="GET",
        path="/reviews/{photo_id}/image",
        summary="See the photo: upright, without metadata, at most 1,280 pixels a side.",
        path_parameters={"photo_id": PhotoId},
        query=ImageQuery,
        media_type="image/jpeg",
        problems=(*_LEASE_PROBLEMS, NO_IMAGE),
        per_second=10,
        **_FOR_REVIEWERS,
    ),
    Operation(
        name="get_agreement",
        method="GET",
        path="/reviews/agreement",
        summary="See where reviewers agree, by reviewer and class.",
        scope=LEAD,
        groups=(LEADS,),
        response=AgreementReport,
        per_second=2,
    ),
)
