"""Routes one function's part of the API to its operations and turns their results into HTTP.

Usage, in an entry module:

    router = ApiRouter(service="drivers", operations=OPERATIONS)

    @router.operation("get_photo")
    def get_photo(call: Call[None]) -> Photo: ...

    def lambda_handler(event, context): return router.handle(event, context)
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from handlers.http_api.auth import ANONYMOUS, Caller
from handlers.http_api.idempotency import idempotency_key, run_idempotent
from handlers.http_api.operations import Operation
from handlers.http_api.problems import CONTENT_TYPE, INVALID_REQUEST, NOT_FOUND, Problem, problem_of
from handlers.http_api.schemas import Schema, parse_body, parse_path, parse_query

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
    from aws_lambda_powertools.utilities.typing import LambdaContext

Input = TypeVar("Input")
Json = dict[str, Any]  # also the gateway's event

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Input]):
    """An authorized and validated call."""

    caller: Caller
    path: Mapping[str, str]
    input: Input  # the body or the query, by the operation's schema
    now: datetime
    request: str  # the Idempotency-Key; empty for GET


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryResponse:
    """A response of another media type than JSON."""

    data: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


Result = Schema | Json | BinaryResponse
# Any: the type of the input depends on the operation.
OperationHandler = Callable[[Call[Any]], Result]


class ApiRouter:
    """The operations of one Lambda function."""

    def __init__(self, *, service: str, operations: Iterable[Operation]) -> None:
        self._operations = {operation.name: operation for operation in operations}
        self._logger = Logger(service=service)
        self._resolver = APIGatewayHttpResolver()
        self._resolver.not_found()(self._not_found)

    def operation(self, name: str) -> Callable[[OperationHandler], OperationHandler]:
        """Register the decorated function as the handler of this operation."""
        operation = self._operations[name]

        def register(handler: OperationHandler) -> OperationHandler:
            def respond(**path: str) -> Response[Any]:
                return self._respond(operation, handler, path)

            rule = operation.path.replace("{", "<").replace("}", ">")
            self._resolver.route(rule, method=operation.method)(respond)
            return handler

        return register

    def handle(self, event: Json, context: "LambdaContext") -> Json:
        """Return the gateway's response to one of its events (payload 2.0)."""
        # `account` is named here to be removed afterwards: the next event starts without it.
        with self._logger.append_context_keys(request_id=context.aws_request_id, account=""):
            return self._resolver.resolve(event, context)

    def _respond(
        self, operation: Operation, handler: OperationHandler, path: dict[str, str]
    ) -> Response[Any]:
        try:
            result = self._run(operation, handler, path)
        except Exception as error:  # noqa: BLE001 # every failure becomes a problem document
            return self._refuse(operation, error)
        self._logger.info("call_answered", operation=operation.name)
        if isinstance(result, BinaryResponse):
            headers = {**_HEADERS, **result.headers}
            return Response(operation.status, result.media_type, result.data, headers)
        return _json_response(operation.status, operation.media_type, result)

    def _run(self, operation: Operation, handler: OperationHandler, path: dict[str, str]) -> Result:
        event = self._resolver.current_event
        caller = ANONYMOUS
        if operation.scope:
            caller = Caller.from_event(event.raw_event)
            caller.require(scope=operation.scope, groups=operation.groups)
        self._logger.append_keys(account=caller.account)
        is_post = operation.method == "POST"
        call = Call(
            caller=caller,
            path=parse_path(operation.path_parameters, path),
            input=self._input(operation),
            now=datetime.now(UTC),
            request=idempotency_key(event.headers) if is_post else "",
        )
        if not is_post:
            return handler(call)
        request = {
            "who": [caller.name, call.request],
            "what": [dict(call.path), msgspec.to_builtins(call.input)],
        }
        return run_idempotent(
            operation,
            request,
            lambda: msgspec.to_builtins(handler(call)),
            self._resolver.lambda_context,
        )

    def _input(self, operation: Operation) -> Schema | None:
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
        return _problem_response(problem)

    def _not_found(self, _error: Exception) -> Response[Any]:
        return _problem_response(Problem(NOT_FOUND, "/openapi.json lists what exists."))


def _text_of(event: "APIGatewayProxyEventV2") -> str:
    try:
        return event.decoded_body or ""
    except ValueError as error:  # invalid base64 or UTF-8
        raise Problem(INVALID_REQUEST, "The body is not text in UTF-8.") from error


def _problem_response(problem: Problem) -> Response[Any]:
    headers = {}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    return _json_response(problem.kind.status, CONTENT_TYPE, problem.document(), headers)


def _json_response(
    status: int, media_type: str, body: Schema | Json, headers: Mapping[str, str] | None = None
) -> Response[Any]:
    text = msgspec.json.encode(body).decode()  # bytes would be sent in base64
    return Response(status, media_type, text, {**_HEADERS, **(headers or {})})
