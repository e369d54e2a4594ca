"""Forwards requests for the API and for its sign-in byte for byte, and refuses all others.

The emulator serves every API below a path of its own and has no custom domains. Here the page, the
API and the sign-in share one origin, as they do behind a domain on AWS.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from handlers.http_api.problems import (
    CONTENT_TYPE,
    NOT_FOUND,
    REQUEST_TOO_LARGE,
    UNAVAILABLE,
    Problem,
    ProblemKind,
)

if TYPE_CHECKING:
    from starlette.requests import Request

log = logging.getLogger(__name__)

_API = ("/review", "/reviews", "/uploads", "/photos", "/assignment", "/openapi.json")
_SIGN_IN = ("/oauth2", "/login", "/logout")
_MAX_BODY_BYTES = 1 << 20  # photos go to the bucket, not through the gateway
_METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
# Headers of one connection, not of the message.
_CONNECTION_HEADERS = {
    *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"),
    *("upgrade", "content-length"),
}
_TIMEOUT = httpx.Timeout(40.0, connect=2.0)
# The emulator closes connections that were idle for five seconds; a request sent at that moment is
# lost. So the gateway closes them earlier.
_CONNECTIONS = httpx.Limits(keepalive_expiry=2.0)


def gateway_app(
    *, emulator_url: str, api_id: str, transport: httpx.AsyncBaseTransport | None = None
) -> Starlette:
    """Return the application, to be wrapped in `LoopbackGuard`.

    It forwards to the API `api_id` of the emulator; tests pass a `transport` of their own.
    """
    client = httpx.AsyncClient(
        timeout=_TIMEOUT, limits=_CONNECTIONS, trust_env=False, transport=transport
    )
    gateway = _Gateway(client, emulator_url, api_id)
    return Starlette(
        routes=[
            Route("/health", lambda _request: PlainTextResponse("ok\n")),
            Route("/{path:path}", gateway.forward, methods=_METHODS),
        ]
    )


class _Gateway:
    def __init__(self, client: httpx.AsyncClient, emulator_url: str, api_id: str) -> None:
        self._client = client
        self._emulator_url = emulator_url
        self._api = f"/_aws/execute-api/{api_id}/$default"

    async def forward(self, request: Request) -> Response:
        """Send the request to the emulator and return its response."""
        path = request.scope["raw_path"].decode("ascii")
        if _below(path, _API):
            path = self._api + path
        elif not _below(path, _SIGN_IN):
            return _refusal(NOT_FOUND, "No page is here. The review page is at /review.")
        body = await request.body()
        if len(body) > _MAX_BODY_BYTES:
            return _refusal(REQUEST_TOO_LARGE, "Send less than 1 MiB; photos go to the bucket.")
        try:
            return await self._exchange(request, path, body)
        except httpx.HTTPError as error:
            log.warning("emulator_unreachable error=%r", error)
            return _refusal(UNAVAILABLE, "The stage does not answer: see `scones status`.")

    async def _exchange(self, request: Request, path: str, body: bytes) -> Response:
        query = request.scope["query_string"]
        forwarded = httpx.Request(  # not the client's own: that would add headers
            request.method,
            httpx.URL(
                self._emulator_url, raw_path=path.encode() + (b"?" + query if query else b"")
            ),
            headers=_end_to_end(request.headers.raw),
            content=body,
        )
        response = await self._client.send(forwarded, stream=True)
        try:
            content = b"".join([chunk async for chunk in response.aiter_raw()])  # not decoded
        finally:
            await response.aclose()
        returned = Response(content, status_code=response.status_code)
        returned.raw_headers[:] = [
            (name.lower(), value) for name, value in _end_to_end(response.headers.raw)
        ] + [(b"content-length", str(len(content)).encode())]
        return returned


def _below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _end_to_end(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [
        (name, value)
        for name, value in headers
        if (lower := name.decode("latin-1").lower()) not in _CONNECTION_HEADERS
        and not lower.startswith("x-amz-")  # would address another AWS service
    ]


def _refusal(kind: ProblemKind, detail: str) -> Response:
    problem = Problem(kind, detail).document()
    return JSONResponse(problem, status_code=kind.status, media_type=CONTENT_TYPE)
