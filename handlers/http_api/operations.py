"""One operation of the API as data: the gateway's routes and the API document are made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from handlers.http_api.problems import EVERY_CALL, EVERY_POST, NOT_FOUND, ProblemKind
from handlers.http_api.schemas import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: its route, who may call it, its throttle, and its schemas."""

    name: str  # stable: the API document's operationId
    method: Literal["GET", "POST"]
    path: str  # with {parameters}
    summary: str
    description: str = ""  # what a caller needs to know beyond the schemas
    scope: str | None  # None: public, without a token
    groups: tuple[str, ...] = ()
    path_parameters: Mapping[str, object] = field(default_factory=dict)  # types that msgspec checks
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    status: int = 200
    response: type[Schema] | None = None  # None: of another media type than JSON, or free JSON
    body_example: Schema | None = None
    response_example: Schema | None = None
    media_type: str = "application/json"
    problems: tuple[ProblemKind, ...] = ()
    remembered_s: int = 86_400  # how long an Idempotency-Key gives the same response
    per_second: int = 20  # the gateway's throttle
    burst: int = 40

    @property
    def route_key(self) -> str:
        """The key of the route in API Gateway."""
        return f"{self.method} {self.path}"

    @property
    def all_problems(self) -> tuple[ProblemKind, ...]:
        """Its own problems, and those of every call of its method."""
        if self.scope is None:
            return self.problems
        general = EVERY_CALL + (EVERY_POST if self.method == "POST" else ())
        # A path parameter of the wrong form identifies no resource.
        general += (NOT_FOUND,) if self.path_parameters else ()
        return tuple(dict.fromkeys(general + self.problems))
