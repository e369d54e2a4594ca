"""One function's part of the API: routes to operations, and from their answers to HTTP.

Usage, in an entry module:

    door = Door(service="drivers", operations=OPERATIONS)

    @door.answers("get_photo")
    def get_photo(call: Call[None]) -> PhotoState: ...

    def lambda_handler(event, context): return door.open(event, context)
"""

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from handlers.api.caller import ANYBODY, Caller
from handlers.api.once import idempotency_key, once
from handlers.api.operations import Operation
from handlers.api.parsing import parse_body, parse_path, parse_query
from handlers.api.problems import CONTENT_TYPE, INVALID_REQUEST, NOT_FOUND, Problem, problem_of

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
    from aws_lambda_powertools.utilities.typing import LambdaContext

Input = TypeVar("Input")
Wire = dict[str, Any]  # JSON, and the gateway's event

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Input]):
    """A call that was let in: who, about what, with which input (body or query), and when."""

    caller: Caller
    path: Mapping[str, str]
    input: Input
    now: datetime
    request: str  # the Idempotency-Key; empty for what changes nothing


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """An answer that is no JSON."""

    data: bytes
    media_type: str
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


# Any: what a call's input and answer are depends on the operation.
Answering = Callable[[Call[Any]], Any]


class Door:
    """The operations of one Lambda function."""

    def __init__(self, *, service: str, operations: Iterable[Operation]) -> None:
        self._operations = {operation.name: operation for operation in operations}
        self._logger = Logger(service=service)
        self._resolver = APIGatewayHttpResolver()
        self._resolver.not_found()(self._not_found)

    def answers(self, name: str) -> Callable[[Answering], Answering]:
        """Let the decorated function answer this operation."""
        operation = self._operations[name]

        def register(function: Answering) -> Answering:
            def handle(**path: str) -> Response[Any]:
                return self._handle(operation, function, path)

            rule = operation.path.replace("{", "<").replace("}", ">")
            self._resolver.route(rule, method=operation.method)(handle)
            return function

        return register

    def open(self, event: Wire, context: "LambdaContext") -> Wire:
        """Answer one event of the gateway."""
        # The caller's key stands here so that it is taken away again: nobody inherits it.
        with self._logger.append_context_keys(request_id=context.aws_request_id, caller=""):
            return self._resolver.resolve(event, context)

    def _handle(
        self, operation: Operation, function: Answering, path: dict[str, str]
    ) -> Response[Any]:
        try:
            answer = self._answer(operation, function, path)
        except Exception as error:  # noqa: BLE001 # whatever it was, the caller gets a document
            return self._refuse(operation, error)
        self._logger.info("call_answered", operation=operation.name)
        if isinstance(answer, Bytes):
            headers = {**_HEADERS, **answer.headers}
            return Response(operation.status, answer.media_type, answer.data, headers)
        body = json.dumps(answer, separators=(",", ":"))
        return Response(operation.status, operation.media_type, body, dict(_HEADERS))

    def _answer(
        self, operation: Operation, function: Answering, path: dict[str, str]
    ) -> Wire | Bytes:
        event = self._resolver.current_event
        caller = ANYBODY
        if operation.scope:
            caller = Caller.from_event(event.raw_event)
            caller.require(scope=operation.scope, groups=operation.groups)
        self._logger.append_keys(caller=caller.name)
        is_post = operation.method == "POST"
        call = Call(
            caller=caller,
            path=parse_path(operation.path_parameters, path),
            input=self._input(operation),
            now=datetime.now(UTC),
            request=idempotency_key(event.headers) if is_post else "",
        )
        if not is_post:
            given: Wire | Bytes = function(call)
            return given if isinstance(given, Bytes) else to_wire(given)
        request = {
            "who": [caller.name, call.request],
            "what": [dict(call.path), to_wire(call.input)],
        }
        return once(
            operation, request, lambda: to_wire(function(call)), self._resolver.lambda_context
        )

    def _input(self, operation: Operation) -> object:
        event = self._resolver.current_event
        if operation.body:
            return parse_body(operation.body, _text_of(event))
        if operation.query:
            return parse_query(operation.query, event.query_string_parameters)
        return None

    def _refuse(self, operation: Operation, error: Exception) -> Response[Any]:
        problem = problem_of(error)
        if problem.kind.status >= 500:
            self._logger.error("call_failed", operation=operation.name, exc_info=error)
        else:
            self._logger.info("call_refused", operation=operation.name, code=problem.kind.code)
        return _problem(problem)

    def _not_found(self, _error: Exception) -> Response[Any]:
        return _problem(Problem(NOT_FOUND, "See /openapi.json for what there is."))


def _text_of(event: "APIGatewayProxyEventV2") -> str:
    try:
        return event.decoded_body or ""
    except ValueError as error:  # base64 or UTF-8 that is none
        raise Problem(INVALID_REQUEST, "The body is not text in UTF-8.") from error


def _problem(problem: Problem) -> Response[Any]:
    body = json.dumps(problem.document())
    return Response(problem.kind.status, CONTENT_TYPE, body, dict(_HEADERS))


def to_wire(answer: Any) -> Any:  # noqa: ANN401 # dataclasses to JSON
    """Dataclasses become objects, tuples lists; the rest is JSON already."""
    if dataclasses.is_dataclass(answer) and not isinstance(answer, type):
        fields = dataclasses.fields(answer)
        return {field.name: to_wire(getattr(answer, field.name)) for field in fields}
    if isinstance(answer, Mapping):
        return {name: to_wire(value) for name, value in answer.items()}
    if isinstance(answer, tuple | list):
        return [to_wire(value) for value in answer]
    return answer
