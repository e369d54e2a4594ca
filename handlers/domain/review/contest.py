"""A driver contests a decision: a review is opened; until its end the decision stays in force."""

from dataclasses import replace
from datetime import datetime

from handlers.domain.review.change import CONTEST, DecisionChange, Refused, Repeated
from handlers.domain.review.row import ReviewRow
from handlers.domain.timestamps import stamp

MOST_COMMENT_LENGTH = 500
MOST_CONTESTS = 3  # of one photo; after that a new photo helps more than another look


def contest(
    row: ReviewRow | None, *, driver_id: str, comment: str, request: str, now: datetime
) -> DecisionChange | Repeated | Refused:
    """Return the change that opens the review, or why the driver cannot contest the photo.

    An open audit or second opinion becomes the contested review: a refusal would reveal it to the
    driver.
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
