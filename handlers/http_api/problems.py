"""Problem documents (RFC 9457): what went wrong, a stable code, and a sentence on what to do.

`Problem` is raised where the error is detected; details of other exceptions are not disclosed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.domain.errors import SconesError, TransientError

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKind:
    """One way to fail, as the API document lists it."""

    status: int
    code: str  # stable: apps branch on it
    title: str
    # Further members that a document of this kind carries, and their types for the API document.
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)
    has_retry_after: bool = False  # whether the response says after how many seconds to repeat

    @property
    def type(self) -> str:
        """The URI that names the kind."""
        return f"urn:scones:problem:{self.code}"


class Problem(Exception):
    """Ends a call with a problem document."""

    # Any: JSON values.
    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        retry_after_s: int | None = None,
        **extra: Any,  # noqa: ANN401 # above
    ) -> None:
        super().__init__(f"{kind.code}: {detail}")
        self.kind = kind
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """Return the body of the response."""
        kind = self.kind
        return {
            "type": kind.type,
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "code": kind.code,
            **self.extra,
        }


INVALID_REQUEST = ProblemKind(
    status=400, code="invalid_request", title="The request cannot be read."
)
IDEMPOTENCY_KEY_NEEDED = ProblemKind(
    status=400, code="idempotency_key_needed", title="The header Idempotency-Key is missing."
)
FORBIDDEN = ProblemKind(
    status=403, code="forbidden", title="You do not have access to this operation."
)
NOT_FOUND = ProblemKind(status=404, code="not_found", title="This resource does not exist.")
REQUEST_IN_PROGRESS = ProblemKind(
    status=409, code="request_in_progress", title="The same request is still in progress."
)
REQUEST_TOO_LARGE = ProblemKind(
    status=413, code="request_too_large", title="The request is too large."
)
IDEMPOTENCY_KEY_REUSED = ProblemKind(
    status=422,
    code="idempotency_key_reused",
    title="The Idempotency-Key was used for another request.",
)
INTERNAL = ProblemKind(status=500, code="internal", title="Something went wrong on our side.")
UNAVAILABLE = ProblemKind(status=503, code="unavailable", title="Not possible at the moment.")

# Problems of any call, and of any POST.
EVERY_CALL = (INVALID_REQUEST, FORBIDDEN, INTERNAL, UNAVAILABLE)
EVERY_POST = (
    IDEMPOTENCY_KEY_NEEDED,
    REQUEST_IN_PROGRESS,
    REQUEST_TOO_LARGE,
    IDEMPOTENCY_KEY_REUSED,
)


def problem_of(error: Exception) -> Problem:
    """Return the problem document's content for any exception; unexpected ones stay undisclosed."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, SconesError) and isinstance(error, TransientError):
        return Problem(UNAVAILABLE, "Please try again in a few seconds.")
    return Problem(INTERNAL, "The call was recorded and we look into it. You can try again.")
