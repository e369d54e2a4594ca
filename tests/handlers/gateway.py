"""The gateway as a WSGI application, in this process: routes, authorizer, then the function.

A token is the name of a person of `doors`; everything else about tokens is the e2e matrix's.
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from handlers.api.operations import Operation
from handlers.api_catalogue import EVERY_OPERATION
from tests.handlers.doors import DAN, DORA, HANDLERS, LENA, RITA, Answer, Api

PEOPLE = {person.name: person for person in (DORA, DAN, RITA, LENA)}
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Gateway:
    """API Gateway's answers of its own are short JSON messages, no problem documents."""

    def __init__(self, api: Api) -> None:
        self._api = api

    # Any: WSGI's own environment.
    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        answer = self._answer(environ)
        phrase = HTTPStatus(answer.status).phrase
        start_response(f"{answer.status} {phrase}", list(answer.headers.items()))
        return [answer.data]

    def _answer(self, environ: dict[str, Any]) -> Answer:
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
    """A route without parameters wins over one with them, as at API Gateway."""
    fitting = [
        operation
        for operation in EVERY_OPERATION
        if operation.method == method
        and path.split("/")[1] in HANDLERS
        and re.fullmatch(re.sub(r"{\w+}", "[^/]+", operation.path), path)
    ]
    return min(fitting, key=lambda operation: operation.path.count("{"), default=None)


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return {**found, "content-type": environ.get("CONTENT_TYPE", "")}


def _message(status: int, message: str) -> Answer:
    data = f'{{"message":"{message}"}}'.encode()
    return Answer(status=status, headers={"Content-Type": "application/json"}, data=data)
