"""Who may ask the gateway.

Anybody's web site can make a browser send requests to loopback. So a request has to name us by our
own address (a rebound DNS name does not), and whatever changes something must come from our own
pages, or from a program that is no browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_READING = ("GET", "HEAD")
_OURS = ("same-origin", "none")  # what browsers say of requests from our pages, or of the person


class Guard:
    """ASGI middleware around everything that is forwarded."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        self._app = app
        self._host = f"127.0.0.1:{port}"
        self._aliases = (f"localhost:{port}", f"[::1]:{port}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward or refuse one request."""
        app = self._app if scope["type"] != "http" else self._refusal(scope) or self._app
        await app(scope, receive, send)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        hosts = [host.lower() for host in headers.getlist("host")]
        if scope["method"] in _READING and hosts and hosts[0] in self._aliases:
            # Sign-in sends people back to one address only.
            return RedirectResponse(f"http://{self._host}{scope['path']}")
        if hosts != [self._host]:
            return _refused(f"This address is for this machine only: http://{self._host}.")
        if scope["method"] not in _READING and not self._is_ours(headers):
            return _refused("This was sent by another web site, and nothing was done.")
        return None

    def _is_ours(self, headers: Headers) -> bool:
        origins = headers.getlist("origin")
        from_here = all(origin == f"http://{self._host}" for origin in origins)
        return from_here and headers.get("sec-fetch-site", _OURS[0]) in _OURS


def _refused(detail: str) -> JSONResponse:
    problem = {
        "type": "about:blank",
        "title": "Refused",
        "status": 403,
        "code": "not_from_here",
        "detail": detail,
    }
    return JSONResponse(problem, status_code=403, media_type="application/problem+json")
