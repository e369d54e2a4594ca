"""The reviewers' door as data: the gateway's routes and the API document are made of it."""

from collections.abc import Mapping
from typing import Any

from handlers.api.caller import LEAD, LEADS, REVIEW, REVIEWERS
from handlers.api.operations import Operation
from handlers.api.problems import ProblemKind
from handlers.api.shapes import PhotoId
from handlers.reviews.shapes import (
    AgreementReport,
    Choices,
    Decision,
    Done,
    Extended,
    GivenVerdict,
    Held,
    ImageOf,
    NextReview,
    Offer,
    QueueState,
    TakenBack,
    Undo,
)

LEASE_LOST = ProblemKind(
    status=409,
    code="lease_lost",
    title="You no longer hold this review.",
    extra=("held_by",),
)
ALREADY_DECIDED = ProblemKind(
    status=409,
    code="already_decided",
    title="Somebody else has decided about this photo.",
    extra=("decided_by", "decided_at", "verdict", "decision_seq"),
)
UNDO_REFUSED = ProblemKind(
    status=409,
    code="undo_refused",
    title="This decision cannot be taken back.",
    extra=("why",),
)
UNDO_EXPIRED = ProblemKind(
    status=410, code="undo_expired", title="It is too late to take this back."
)
NO_SUCH_REVIEW = ProblemKind(status=404, code="no_such_review", title="There is no such review.")
NO_IMAGE = ProblemKind(status=404, code="no_image", title="The photo cannot be shown.")
UNKNOWN_VERDICT = ProblemKind(
    status=422, code="unknown_verdict", title="There is no such verdict.", extra=("verdicts",)
)

# Any: keyword arguments of Operation that all operations here share.
_OF_REVIEWERS: Mapping[str, Any] = {"scope": REVIEW, "groups": (REVIEWERS, LEADS)}
_OF_A_REVIEW: Mapping[str, Any] = {
    **_OF_REVIEWERS,
    "method": "POST",
    "path_parameters": {"photo_id": PhotoId},
    # An answer about a lease helps nobody once the lease is over.
    "remembered_s": 600,
}
_HOLDING = (LEASE_LOST, ALREADY_DECIDED, NO_SUCH_REVIEW)

OPERATIONS = (
    Operation(
        name="next_review",
        method="POST",
        path="/reviews/next",
        summary="Take the next review, for as long as the lease lasts.",
        body=NextReview,
        answer=Offer,
        remembered_s=60,
        **_OF_REVIEWERS,
    ),
    Operation(
        name="extend_review",
        path="/reviews/{photo_id}/extend",
        summary="Hold the review for longer.",
        body=Held,
        answer=Extended,
        problems=_HOLDING,
        **_OF_A_REVIEW,
    ),
    Operation(
        name="give_verdict",
        path="/reviews/{photo_id}/verdict",
        summary="Decide about the photo.",
        body=GivenVerdict,
        answer=Decision,
        problems=(*_HOLDING, UNKNOWN_VERDICT),
        **{**_OF_A_REVIEW, "remembered_s": 86_400},
    ),
    Operation(
        name="skip_review",
        path="/reviews/{photo_id}/skip",
        summary="Leave the photo to a colleague.",
        body=Held,
        answer=Done,
        problems=_HOLDING,
        **_OF_A_REVIEW,
    ),
    Operation(
        name="release_review",
        path="/reviews/{photo_id}/release",
        summary="Give the review back unseen.",
        body=Held,
        answer=Done,
        problems=_HOLDING,
        **_OF_A_REVIEW,
    ),
    Operation(
        name="undo_verdict",
        path="/reviews/{photo_id}/undo",
        summary="Take one's own last verdict back and hold the review again.",
        body=Undo,
        answer=TakenBack,
        problems=(UNDO_REFUSED, UNDO_EXPIRED, NO_SUCH_REVIEW),
        **_OF_A_REVIEW,
    ),
    Operation(
        name="get_queue",
        method="GET",
        path="/reviews/queue",
        summary="See how much there is to do.",
        answer=QueueState,
        per_second=10,
        **_OF_REVIEWERS,
    ),
    Operation(
        name="get_choices",
        method="GET",
        path="/reviews/choices",
        summary="See the possible verdicts, in the order of their keys.",
        answer=Choices,
        **_OF_REVIEWERS,
    ),
    Operation(
        name="get_image",
        method="GET",
        path="/reviews/{photo_id}/image",
        summary="See the photo: upright, without metadata, at most 1,280 pixels a side.",
        path_parameters={"photo_id": PhotoId},
        query=ImageOf,
        media_type="image/jpeg",
        problems=(*_HOLDING, NO_IMAGE),
        per_second=10,
        **_OF_REVIEWERS,
    ),
    Operation(
        name="get_agreement",
        method="GET",
        path="/reviews/agreement",
        summary="See where reviewers agree, by reviewer and class.",
        scope=LEAD,
        groups=(LEADS,),
        answer=AgreementReport,
        per_second=2,
    ),
)
