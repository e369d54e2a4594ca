"""Where a page ended, as text for the app to hand back.

Not signed: the driver in it is always the one who asks, so a forged cursor only turns pages.
"""

import base64
import binascii
import re

from handlers.api.problems import INVALID_REQUEST, Problem
from handlers.aws.driver_photos import Position

_POSITION = re.compile(r"(?P<at>[0-9T:.Z+-]{10,40})#(?P<photo_id>[0-9a-f]{64})")


def write_cursor(position: Position | None) -> str | None:
    """None where there is no next page."""
    if position is None:
        return None
    text = f"{position.uploaded_at}#{position.photo_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> Position | None:
    """Raises: Problem."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise _unknown() from error
    match = _POSITION.fullmatch(text)
    if match is None:
        raise _unknown()
    return Position(uploaded_at=match["at"], photo_id=match["photo_id"])


def _unknown() -> Problem:
    return Problem(INVALID_REQUEST, "'cursor' is none of ours; start again without one.")
