"""Forwards what belongs to the API and to its sign-in, byte for byte, and nothing else.

The emulator serves every API below a path of its own and knows no custom domains. The page, the API
and the sign-in share one origin here, as they do behind a domain on AWS.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

log = logging.getLogger(__name__)

_API = ("/review", "/reviews", "/uploads", "/photos", "/openapi.json")
_SIGN_IN = ("/oauth2", "/login", "/logout")
_BODY_AT_MOST = 1 << 20  # photos go to the bucket, not through here
_METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
# Of one connection only, not of the message; and nothing that AWS services take orders from.
_OF_CONNECTION = {
    *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"),
    *("upgrade", "content-length"),
}
_PATIENCE = httpx.Timeout(40.0, connect=2.0)
# The emulator hangs up on connections that were idle for five seconds, and what is sent at that
# very moment is lost. Connections are given up well before.
_CONNECTIONS = httpx.Limits(keepalive_expiry=2.0)


def gateway_app(
    *, emulator_url: str, api_id: str, transport: httpx.AsyncBaseTransport | None = None
) -> Starlette:
    """The application, to be put behind `Guard`; tests give a transport of their own."""
    client = httpx.AsyncClient(
        timeout=_PATIENCE, limits=_CONNECTIONS, trust_env=False, transport=transport
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
        """Ask the emulator the same, and answer what it answers."""
        path = request.scope["raw_path"].decode("ascii")
        if _below(path, _API):
            path = self._api + path
        elif not _below(path, _SIGN_IN):
            return _problem(404, "not_found", "Nothing is here. The reviewers' page is at /review.")
        body = await request.body()
        if len(body) > _BODY_AT_MOST:
            return _problem(413, "too_large", "Send less than 1 MiB; photos go to the bucket.")
        try:
            return await self._ask(request, path, body)
        except httpx.HTTPError as error:
            log.warning("emulator_unreachable error=%r", error)
            return _problem(503, "stage_stopped", "The stage does not answer: see `scones status`.")

    async def _ask(self, request: Request, path: str, body: bytes) -> Response:
        query = request.scope["query_string"]
        asked = httpx.Request(  # not the client's own: that would add headers
            request.method,
            httpx.URL(
                self._emulator_url, raw_path=path.encode() + (b"?" + query if query else b"")
            ),
            headers=_passed_on(request.headers.raw),
            content=body,
        )
        answer = await self._client.send(asked, stream=True)
        try:
            content = b"".join([part async for part in answer.aiter_raw()])  # as it was encoded
        finally:
            await answer.aclose()
        passed = Response(content, status_code=answer.status_code)
        passed.raw_headers[:] = [
            (name.lower(), value) for name, value in _passed_on(answer.headers.raw)
        ] + [(b"content-length", str(len(content)).encode())]
        return passed


def _below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _passed_on(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [
        (name, value)
        for name, value in headers
        if (lower := name.decode("latin-1").lower()) not in _OF_CONNECTION
        and not lower.startswith("x-amz-")
    ]


def _problem(status: int, code: str, detail: str) -> Response:
    title = code.replace("_", " ").capitalize()
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
    }
    return JSONResponse(problem, status_code=status, media_type="application/problem+json")
