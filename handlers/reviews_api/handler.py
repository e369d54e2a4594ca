"""Entry of the reviewers' function; every operation is a few lines around the service."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Tracer

from handlers.domain.decision.prediction import PhotoRef
from handlers.domain.errors import PhotoForbidden, PhotoMissing
from handlers.domain.review.change import Refused
from handlers.domain.review.display_image import upright_jpeg
from handlers.domain.review.undo import undo_until
from handlers.domain.review.verdict import SubmittedVerdict
from handlers.domain.timestamps import stamp
from handlers.http_api.contract.reviews import NO_IMAGE, OPERATIONS, UNKNOWN_VERDICT
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
from handlers.http_api.problems import Problem
from handlers.http_api.router import ApiRouter, BinaryResponse, Call
from handlers.reviews_api import presenters
from handlers.reviews_api.dependencies import dependencies, metrics, rules
from handlers.reviews_api.service import MOST_OPEN

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

tracer = Tracer(service="reviews")
router = ApiRouter(service="reviews", operations=OPERATIONS)

MOST_DISAGREEMENTS = 100


@tracer.capture_lambda_handler(capture_response=False)  # photos stay out of traces
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of the HTTP API (the gateway's payload 2.0)."""
    return router.handle(event, context)


@router.operation("next_review")
def next_review(call: Call[NextReviewRequest]) -> NextReviewResponse:
    """Lease the next review to the caller."""
    service = dependencies().service
    row = service.next(call.caller.name, call.now)
    review = presenters.present_review(row, service.rules) if row else None
    return NextReviewResponse(review=review)


@router.operation("extend_review")
def extend_review(call: Call[LeaseRequest]) -> LeaseResponse:
    """Extend the lease: the heartbeat of a page that shows the photo."""
    lease = dependencies().service.extend(
        call.path["photo_id"], call.input.lease_id, call.caller.name, call.now
    )
    if isinstance(lease, Refused):
        raise presenters.present_refusal(lease)
    return LeaseResponse(lease_until=lease.until)


@router.operation("give_verdict")
def give_verdict(call: Call[VerdictRequest]) -> VerdictResponse:
    """Record the verdict in one conditional transaction, or report the colleague's decision."""
    deps, request, photo_id = dependencies(), call.input, call.path["photo_id"]
    verdicts = deps.service.rules.verdicts
    if request.verdict not in verdicts:
        detail = f"The verdicts are: {', '.join(verdicts)}."
        raise Problem(UNKNOWN_VERDICT, detail, verdicts=list(verdicts))
    submitted = SubmittedVerdict(
        reviewer=call.caller.name,
        verdict=request.verdict,
        lease_id=request.lease_id,
        decision_seq=request.decision_seq,
        # Names the same request in every repeat, also after its Idempotency-Key has expired.
        request=f"{request.lease_id}:{request.verdict}",
    )
    known = deps.known_items.verdict(photo_id)
    decision = deps.service.decide(photo_id, submitted, call.now, known=known)
    if isinstance(decision, Refused):
        raise presenters.present_refusal(decision)
    return VerdictResponse(
        photo_id=photo_id,
        decision_seq=int(decision["seq"]),
        verdict=decision["verdict"],
        undo_until=undo_until(decision["decided_at"], deps.service.rules),
    )


@router.operation("skip_review")
def skip_review(call: Call[LeaseRequest]) -> EmptyResponse:
    """Leave the review to a colleague."""
    return _give_up(call, skip=True)


@router.operation("release_review")
def release_review(call: Call[LeaseRequest]) -> EmptyResponse:
    """Return the review unseen."""
    return _give_up(call, skip=False)


def _give_up(call: Call[LeaseRequest], *, skip: bool) -> EmptyResponse:
    refused = dependencies().service.give_up(
        call.path["photo_id"], call.input.lease_id, call.caller.name, call.now, skip=skip
    )
    if refused:
        raise presenters.present_refusal(refused)
    return EmptyResponse()


@router.operation("undo_verdict")
def undo_verdict(call: Call[UndoRequest]) -> UndoResponse:
    """Undo the caller's last verdict and lease the review to the caller again."""
    service, photo_id = dependencies().service, call.path["photo_id"]
    undone = service.undo(photo_id, call.input.decision_seq, call.caller.name, call.now)
    if isinstance(undone, Refused):
        raise presenters.present_refusal(undone)
    entry, row = undone
    return UndoResponse(
        photo_id=photo_id,
        decision_seq=int(entry["seq"]),
        review=presenters.present_review(row, service.rules) if row else None,
    )


@router.operation("get_queue")
def get_queue(call: Call[None]) -> QueueStatus:
    """Count in the ledger: the queue also holds messages of photos that are decided."""
    deps = dependencies()
    return presenters.present_queue(
        deps.service.ledger.open_reviews(MOST_OPEN, unreadable=deps.service.unreadable),
        most=MOST_OPEN,
        reviewer=call.caller.name,
        now=call.now,
        decided_today=deps.reviewers.decided_on(stamp(call.now)[:10], call.caller.name),
    )


@router.operation("get_choices")
def get_choices(_call: Call[None]) -> Choices:
    """Return the verdicts, from which the page makes its keys."""
    return presenters.present_choices(rules())


@router.operation("get_image")
def get_image(call: Call[ImageQuery]) -> BinaryResponse:
    """Return the photo for display; the copy is made on demand and not stored."""
    deps = dependencies()
    row = deps.service.held(call.path["photo_id"], call.input.lease_id, call.caller.name, call.now)
    if isinstance(row, Refused):
        raise presenters.present_refusal(row)
    photo = PhotoRef(
        photo_id=row.photo_id,
        bucket=row.bucket,
        key=row.key,
        version_id=row.version_id or None,
        etag=row.etag,
        size_bytes=row.size_bytes,
        uploaded_at=row.uploaded_at,
        driver_id=row.driver_id or None,
        upload_id=None,
    )
    try:
        data = deps.photos.read(photo).data
    except (PhotoForbidden, PhotoMissing) as error:
        raise Problem(NO_IMAGE, "The photo was deleted. Choose what fits best.") from error
    picture = upright_jpeg(data) if data is not None else None
    if not isinstance(picture, bytes):
        raise Problem(NO_IMAGE, "The photo cannot be read. Choose what fits best.")
    return BinaryResponse(
        data=picture,
        media_type="image/jpeg",
        headers={"Cache-Control": "private, no-store", "Content-Disposition": "inline"},
    )


@router.operation("get_agreement")
def get_agreement(_call: Call[None]) -> AgreementReport:
    """Compare reviewers with each other and with seeded photos."""
    reviewers = dependencies().reviewers
    return presenters.present_agreement(
        reviewers.agreement(),
        reviewers.known_results(),
        reviewers.disagreements(MOST_DISAGREEMENTS),
    )
