"""One operation of the API as data: the gateway's routes and the API document are made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from handlers.api.problems import NOT_FOUND, OF_EVERY_CALL, OF_EVERY_POST, ProblemKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What somebody may do, who may, and what he gets."""

    name: str  # stable: the API document's operationId
    method: Literal["GET", "POST"]
    path: str  # with {parameters}
    summary: str
    scope: str | None  # None: anybody, without a token
    groups: tuple[str, ...] = ()
    # Shapes are frozen dataclasses (`shapes`); one of `media_type` other than JSON has none.
    path_parameters: Mapping[str, object] = field(default_factory=dict)
    query: type | None = None
    body: type | None = None
    status: int = 200
    answer: type | None = None
    media_type: str = "application/json"
    problems: tuple[ProblemKind, ...] = ()
    remembered_s: int = 86_400  # how long an Idempotency-Key answers the same
    per_second: int = 20  # the gateway's throttle
    burst: int = 40

    @property
    def route_key(self) -> str:
        """As API Gateway calls it."""
        return f"{self.method} {self.path}"

    @property
    def all_problems(self) -> tuple[ProblemKind, ...]:
        """Its own, and those of every call of its method."""
        if self.scope is None:
            return self.problems
        general = OF_EVERY_CALL + (OF_EVERY_POST if self.method == "POST" else ())
        # What does not look like an id is found nowhere.
        general += (NOT_FOUND,) if self.path_parameters else ()
        return tuple(dict.fromkeys(general + self.problems))
