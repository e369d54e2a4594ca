"""The gateway as a WSGI application in this process: routes, authorizer, then the function.

A token is the name of a person in `api_client`; the e2e matrix tests real tokens.
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from handlers.http_api.contract.every_operation import EVERY_OPERATION
from handlers.http_api.operations import Operation
from tests.handlers.api_client import DAN, DORA, HANDLERS, LENA, RITA, Api, ApiResponse

PEOPLE = {person.name: person for person in (DORA, DAN, RITA, LENA)}
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Gateway:
    """The application; like API Gateway, it answers with short JSON messages of its own."""

    def __init__(self, api: Api) -> None:
        self._api = api

    # Any: WSGI's own environment.
    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        response = self._respond(environ)
        phrase = HTTPStatus(response.status).phrase
        start_response(f"{response.status} {phrase}", list(response.headers.items()))
        return [response.data]

    def _respond(self, environ: dict[str, Any]) -> ApiResponse:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        operation = find(method, path)
        if operation is None:
            return _message(404, "Not Found")
        name = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        person = PEOPLE.get(name)
        if operation.scope and person is None:
            return _message(401, "Unauthorized")
        if operation.scope and person and operation.scope not in person.scopes:
            return _message(403, "Forbidden")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return self._api.call(
            method,
            path + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""),
            person,
            body,
            _headers(environ),
        )


def find(method: str, path: str) -> Operation | None:
    """Return the matching operation with the fewest parameters, as API Gateway does."""
    matching = [
        operation
        for operation in EVERY_OPERATION
        if operation.method == method
        and path.split("/")[1] in HANDLERS
        and re.fullmatch(re.sub(r"{\w+}", "[^/]+", operation.path), path)
    ]
    return min(matching, key=lambda operation: operation.path.count("{"), default=None)


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return {**headers, "content-type": environ.get("CONTENT_TYPE", "")}


def _message(status: int, message: str) -> ApiResponse:
    data = f'{{"message":"{message}"}}'.encode()
    return ApiResponse(status=status, headers={"Content-Type": "application/json"}, data=data)
