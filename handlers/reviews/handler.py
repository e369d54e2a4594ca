"""Reviews: the entry of the reviewers' function; every operation is a few lines over the desk."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Tracer

from handlers.api.door import Bytes, Call, Door
from handlers.api.problems import Problem
from handlers.domain.errors import PhotoForbidden, PhotoMissing
from handlers.domain.moments import stamp
from handlers.domain.records import PhotoRef
from handlers.domain.review_change import Refused
from handlers.domain.review_image import upright_jpeg
from handlers.domain.review_undo import undo_until
from handlers.domain.review_verdict import Ballot
from handlers.reviews import shapes, views
from handlers.reviews.desk import MOST_OPEN
from handlers.reviews.operations import NO_IMAGE, OPERATIONS, UNKNOWN_VERDICT
from handlers.reviews.refusals import problem_of
from handlers.reviews.wiring import metrics, office, rules

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

tracer = Tracer(service="reviews")
door = Door(service="reviews", operations=OPERATIONS)

MOST_DISAGREEMENTS = 100


@tracer.capture_lambda_handler(capture_response=False)  # photos stay out of traces
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """One call of the HTTP API."""
    return door.open(event, context)


@door.answers("next_review")
def next_review(call: Call[shapes.NextReview]) -> shapes.Offer:
    """The next review, leased to the caller."""
    desk = office().desk
    row = desk.next(call.caller.name, call.now)
    return shapes.Offer(review=views.review_of(row, desk.rules) if row else None)


@door.answers("extend_review")
def extend_review(call: Call[shapes.Held]) -> shapes.Extended:
    """The heartbeat of a page that shows the photo."""
    lease = office().desk.extend(
        call.path["photo_id"], call.input.lease_id, call.caller.name, call.now
    )
    if isinstance(lease, Refused):
        raise problem_of(lease)
    return shapes.Extended(lease_until=lease.until)


@door.answers("give_verdict")
def give_verdict(call: Call[shapes.GivenVerdict]) -> shapes.Decision:
    """One conditional transaction, or who was faster."""
    at, given, photo_id = office(), call.input, call.path["photo_id"]
    verdicts = at.desk.rules.verdicts
    if given.verdict not in verdicts:
        detail = f"The verdicts are: {', '.join(verdicts)}."
        raise Problem(UNKNOWN_VERDICT, detail, verdicts=list(verdicts))
    ballot = Ballot(
        reviewer=call.caller.name,
        verdict=given.verdict,
        lease_id=given.lease_id,
        decision_seq=given.decision_seq,
        # Names the same request however often it comes, also long after its key is forgotten.
        request=f"{given.lease_id}:{given.verdict}",
    )
    known = at.known_items.verdict(photo_id)
    decision = at.desk.decide(photo_id, ballot, call.now, known=known)
    if isinstance(decision, Refused):
        raise problem_of(decision)
    return shapes.Decision(
        photo_id=photo_id,
        decision_seq=int(decision["seq"]),
        verdict=decision["verdict"],
        undo_until=undo_until(decision["decided_at"], at.desk.rules),
    )


@door.answers("skip_review")
def skip_review(call: Call[shapes.Held]) -> shapes.Done:
    """A colleague goes first."""
    return _give_up(call, skip=True)


@door.answers("release_review")
def release_review(call: Call[shapes.Held]) -> shapes.Done:
    """Given back unseen."""
    return _give_up(call, skip=False)


def _give_up(call: Call[shapes.Held], *, skip: bool) -> shapes.Done:
    refused = office().desk.give_up(
        call.path["photo_id"], call.input.lease_id, call.caller.name, call.now, skip=skip
    )
    if refused:
        raise problem_of(refused)
    return shapes.Done()


@door.answers("undo_verdict")
def undo_verdict(call: Call[shapes.Undo]) -> shapes.TakenBack:
    """The review is the caller's again."""
    desk, photo_id = office().desk, call.path["photo_id"]
    undone = desk.undo(photo_id, call.input.decision_seq, call.caller.name, call.now)
    if isinstance(undone, Refused):
        raise problem_of(undone)
    entry, row = undone
    return shapes.TakenBack(
        photo_id=photo_id,
        decision_seq=int(entry["seq"]),
        review=views.review_of(row, desk.rules) if row else None,
    )


@door.answers("get_queue")
def get_queue(call: Call[None]) -> shapes.QueueState:
    """Counted in the ledger: queues count what is only sent too often, too."""
    at = office()
    return views.queue_of(
        at.desk.ledger.open_reviews(MOST_OPEN),
        most=MOST_OPEN,
        reviewer=call.caller.name,
        now=call.now,
        decided_today=at.reviewers.decided_on(stamp(call.now)[:10], call.caller.name),
    )


@door.answers("get_choices")
def get_choices(_call: Call[None]) -> shapes.Choices:
    """The page's keys follow from this."""
    return views.choices_of(rules())


@door.answers("get_image")
def get_image(call: Call[shapes.ImageOf]) -> Bytes:
    """Made on demand and kept nowhere."""
    at = office()
    row = at.desk.held(call.path["photo_id"], call.input.lease_id, call.caller.name, call.now)
    if isinstance(row, Refused):
        raise problem_of(row)
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
        data = at.photos.read(photo).data
    except (PhotoForbidden, PhotoMissing) as error:
        raise Problem(NO_IMAGE, "The photo was deleted. Choose what fits best.") from error
    picture = upright_jpeg(data) if data is not None else None
    if not isinstance(picture, bytes):
        raise Problem(NO_IMAGE, "The photo cannot be read. Choose what fits best.")
    return Bytes(
        data=picture,
        media_type="image/jpeg",
        headers={"Cache-Control": "private, no-store", "Content-Disposition": "inline"},
    )


@door.answers("get_agreement")
def get_agreement(_call: Call[None]) -> shapes.AgreementReport:
    """Between people, with seeded items, and where two people saw two things."""
    reviewers = office().reviewers
    return views.agreement_of(
        reviewers.agreement(),
        reviewers.known_results(),
        reviewers.disagreements(MOST_DISAGREEMENTS),
    )
