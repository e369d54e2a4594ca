"""A driver disagrees: a review is opened, and what was decided stands until somebody has looked."""

from dataclasses import replace
from datetime import datetime

from handlers.domain.review.change import CONTEST, DecisionChange, Refused, Repeated
from handlers.domain.review.row import ReviewRow
from handlers.domain.timestamps import stamp

MOST_COMMENT_LENGTH = 500
MOST_CONTESTS = 3  # of one photo: then a new photo says more than the same one once again


def contest(
    row: ReviewRow | None, *, driver_id: str, comment: str, request: str, now: datetime
) -> DecisionChange | Repeated | Refused:
    """Only the driver's own photo, and only what was decided.

    An audit or a second opinion that is open becomes the contested review: to refuse would tell the
    driver of it.
    """
    if row is None or row.driver_id != driver_id:
        return Refused(code="no_such_photo")
    if repeated := row.decision_of(request, driver_id):
        return Repeated(decision=repeated)
    if row.state.status not in {"assigned", "rejected"}:
        return Refused(code="nothing_to_contest", facts={"status": row.state.status})
    if row.state.review == "open" and row.state.review_reason == "contested":
        return Refused(code="already_in_review")
    if sum(decision["kind"] == CONTEST for decision in row.decisions) >= MOST_CONTESTS:
        return Refused(code="contested_too_often")
    return DecisionChange(
        row=row,
        kind=CONTEST,
        verdict="",
        decided_by=driver_id,
        decided_at=stamp(now),
        request=request,
        after=replace(
            row.state, review="open", review_reason="contested", first_by="", second_until=""
        ),
        comment=comment[:MOST_COMMENT_LENGTH],
    )
