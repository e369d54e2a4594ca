"""A driver's own photos: one, a page of them, and contesting a decision."""

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from handlers.aws.driver_photos import Position
from handlers.domain.ledger.driver_view import DriverPhoto
from handlers.domain.ledger.rows import AssignmentRow
from handlers.domain.review.change import Refused
from handlers.domain.review.contest import contest
from handlers.domain.timestamps import parse_utc
from handlers.drivers_api.dependencies import DriversDependencies
from handlers.drivers_api.presenters import present_photo
from handlers.http_api.contract.drivers import NOT_CONTESTABLE
from handlers.http_api.contract.drivers_schemas import (
    CurrentAssignment,
    DriverAssignment,
    Photo,
    PhotoPage,
    PhotoPageQuery,
)
from handlers.http_api.problems import INVALID_REQUEST, NOT_FOUND, Problem

_POSITION = re.compile(r"(?P<at>[0-9T:.Z+-]{10,40})#(?P<photo_id>[0-9a-f]{64})")


def read_photo(deps: DriversDependencies, photo_id: str, *, driver_id: str) -> Photo:
    """Return one photo.

    Raises: Problem, not found, also for the photo of another driver.
    """
    photo = deps.photos.photo(photo_id)
    if photo is None or photo.driver_id != driver_id:
        raise Problem(NOT_FOUND, "You have no such photo.")
    return _present(deps, [photo])[0]


def read_assignment(
    deps: DriversDependencies, *, driver_id: str, now: datetime
) -> CurrentAssignment:
    """Return the driver's assignment, unless it is absent or has ended.

    Raises: InvalidRecord.
    """
    row = deps.assignments.row(driver_id)
    if row is None or parse_utc(row.valid_until) <= now:
        return CurrentAssignment(assignment=None)
    return CurrentAssignment(
        assignment=DriverAssignment(
            photo_id=row.photo_id,
            vehicle=row.vehicle,
            order_range=row.order_range,
            valid_until=row.valid_until,
        )
    )


def assignment_of(deps: DriversDependencies, photos: Iterable[DriverPhoto]) -> AssignmentRow | None:
    """Return the assignment of the photos' driver; read only if one of them is assigned."""
    drivers = {photo.driver_id for photo in photos if photo.status == "assigned"}
    return deps.assignments.row_if_readable(drivers.pop()) if drivers else None


def read_page(deps: DriversDependencies, query: PhotoPageQuery, *, driver_id: str) -> PhotoPage:
    """Return a page of photos, newest first.

    Raises: Problem, if the cursor is invalid.
    """
    photos, end = deps.photos.page(driver_id, limit=query.limit, after=_read_cursor(query.cursor))
    return PhotoPage(photos=tuple(_present(deps, photos)), next_cursor=_cursor(end))


def contest_decision(
    deps: DriversDependencies,
    photo_id: str,
    *,
    driver_id: str,
    comment: str,
    request: str,
    now: datetime,
) -> Photo:
    """Open a review: ledger first, then the message, then `enqueued_at`; repeating is safe.

    Raises: Problem, if the photo cannot be contested.
    """
    outcome = deps.ledger.decide(
        photo_id,
        lambda row: contest(row, driver_id=driver_id, comment=comment, request=request, now=now),
    )
    if isinstance(outcome, Refused):
        raise _refusal(outcome)
    row = deps.ledger.read(photo_id)
    # Also if this very request was decided before: its message may never have been sent.
    if row and row.state.review == "open":
        deps.review_queue.send(row, reason=row.state.review_reason)
        deps.leases.mark_enqueued(photo_id, row.decision_seq)
    return read_photo(deps, photo_id, driver_id=driver_id)


def _present(deps: DriversDependencies, photos: Sequence[DriverPhoto]) -> list[Photo]:
    permissions = deps.uploads.read({photo.upload_id for photo in photos if photo.upload_id})
    assigned = assignment_of(deps, photos)
    return [
        present_photo(photo, permissions.get(photo.upload_id), assigned=assigned)
        for photo in photos
    ]


def _cursor(position: Position | None) -> str | None:
    """Encode where a page ended; None if it was the last.

    It is not signed: the driver is always the caller, so a forged cursor only changes the position
    in the caller's own photos.
    """
    if position is None:
        return None
    text = f"{position.uploaded_at}#{position.photo_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:  # invalid base64 or UTF-8
        raise _invalid_cursor() from error
    match = _POSITION.fullmatch(text)
    if match is None:
        raise _invalid_cursor()
    return Position(uploaded_at=match["at"], photo_id=match["photo_id"])


def _invalid_cursor() -> Problem:
    return Problem(INVALID_REQUEST, "'cursor' is invalid; start again without one.")


def _refusal(refused: Refused) -> Problem:
    if refused.code == "no_such_photo":
        return Problem(NOT_FOUND, "You have no such photo.")
    return Problem(NOT_CONTESTABLE, _WHY.get(refused.code, _OTHERWISE), why=refused.code)


_OTHERWISE = "Send another photo instead."
_WHY = {
    "nothing_to_contest": "There is no decision yet; wait for it.",
    "already_in_review": "A colleague is already looking at it; wait for the decision.",
    "contested_too_often": "It was contested too often; send another photo instead.",
}
