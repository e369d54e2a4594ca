"""Why nothing was done, in the words of the API: the sentence says what the reviewer can do."""

from handlers.api.problems import Problem, ProblemKind
from handlers.domain.review_change import Refused
from handlers.reviews.operations import (
    ALREADY_DECIDED,
    LEASE_LOST,
    NO_SUCH_REVIEW,
    UNDO_EXPIRED,
    UNDO_REFUSED,
)

_KINDS: dict[str, tuple[ProblemKind, str]] = {
    "lease_lost": (LEASE_LOST, "Go on with the next photo; nothing was changed."),
    "already_decided": (ALREADY_DECIDED, "Go on with the next photo; that decision stands."),
    "no_such_review": (NO_SUCH_REVIEW, "Go on with the next photo."),
    "undo_refused": (UNDO_REFUSED, "The decision stands. Tell your lead if it is wrong."),
    "undo_expired": (UNDO_EXPIRED, "The decision stands. Tell your lead if it is wrong."),
}


def problem_of(refused: Refused) -> Problem:
    """The problem document of a refusal."""
    kind, detail = _KINDS[refused.code]
    return Problem(kind, detail, **{name: refused.facts.get(name) for name in kind.extra})
