"""A driver's own photos: one, a page of them, and a second look at a decision."""

from handlers.api.door import Call
from handlers.api.problems import NOT_FOUND, Problem
from handlers.domain.driver_photo import DriverPhoto
from handlers.domain.review_change import Refused
from handlers.domain.review_contest import contest
from handlers.drivers.answers import photo_answer
from handlers.drivers.cursor import read_cursor, write_cursor
from handlers.drivers.operations import NOT_CONTESTABLE
from handlers.drivers.parts import door, parts
from handlers.drivers.shapes import Contest, PageOf, Photo, PhotoPage


@door.answers("get_photo")
def get_photo(call: Call[None]) -> Photo:
    """Another driver's photo is not found: that it exists is none of his business."""
    return _answers([_own(call.path["photo_id"], driver_id=call.caller.name)])[0]


@door.answers("list_photos")
def list_photos(call: Call[PageOf]) -> PhotoPage:
    """Newest first."""
    photos, following = parts().photos.page(
        call.caller.name, limit=call.input.limit, after=read_cursor(call.input.cursor)
    )
    return PhotoPage(photos=tuple(_answers(photos)), next_cursor=write_cursor(following))


@door.answers("contest_photo")
def contest_photo(call: Call[Contest]) -> Photo:
    """Ledger first, then the message, then `enqueued_at`: sending again is always safe."""
    photo_id, driver_id = call.path["photo_id"], call.caller.name
    result = parts().ledger.decide(
        photo_id,
        lambda row: contest(
            row,
            driver_id=driver_id,
            comment=call.input.comment or "",
            request=call.request,
            now=call.now,
        ),
    )
    if isinstance(result, Refused):
        raise _refusal(result)
    row = parts().ledger.read(photo_id)
    # Also where this very request was decided before: its message may never have been sent.
    if row and row.state.review == "open":
        parts().review_queue.send(row, reason=row.state.review_reason)
        parts().leases.mark_enqueued(photo_id, row.decision_seq)
    return _answers([_own(photo_id, driver_id=driver_id)])[0]


def _own(photo_id: str, *, driver_id: str) -> DriverPhoto:
    photo = parts().photos.photo(photo_id)
    if photo is None or photo.driver_id != driver_id:
        raise Problem(NOT_FOUND, "You have no such photo.")
    return photo


def _answers(photos: list[DriverPhoto]) -> list[Photo]:
    permissions = parts().uploads.read({photo.upload_id for photo in photos if photo.upload_id})
    return [photo_answer(photo, permissions.get(photo.upload_id)) for photo in photos]


def _refusal(refused: Refused) -> Problem:
    if refused.code == "no_such_photo":
        return Problem(NOT_FOUND, "You have no such photo.")
    return Problem(NOT_CONTESTABLE, _WHY.get(refused.code, _ANYHOW), why=refused.code)


_ANYHOW = "Send another photo instead."
_WHY = {
    "nothing_to_contest": "Nothing was decided yet; wait for the decision.",
    "already_in_review": "A colleague is already looking at it; wait for the decision.",
    "contested_too_often": "It was decided again and again; send another photo instead.",
}
