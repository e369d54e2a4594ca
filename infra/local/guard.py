"""Lets only this machine's own pages and programs call a server on loopback.

Any web site can make a browser send requests to loopback. So a request must address the server by a
loopback name (a rebound DNS name is refused), and a request that changes something must come from
the server's own pages, or from a program that is not a browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READING = ("GET", "HEAD")
_OURS = ("same-origin", "none")  # Sec-Fetch-Site of our pages, and of a typed address


class LoopbackGuard:
    """ASGI middleware around all responses, refusals included.

    `methods` are those allowed (None: all). With `redirects_aliases`, other names of loopback are
    redirected to 127.0.0.1, since sign-in returns to one address only. `headers` are added to every
    response.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: int,
        methods: tuple[str, ...] | None = None,
        redirects_aliases: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._app = app
        self._host = f"127.0.0.1:{port}"
        self._hosts = {self._host, f"localhost:{port}", f"[::1]:{port}"}
        self._methods = methods
        self._redirects_aliases = redirects_aliases
        self._headers = headers or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""

        async def send_with_headers(message: Message) -> None:
            if self._headers and message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        app = self._app if scope["type"] != "http" else self._refusal(scope) or self._app
        await app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers, method = Headers(scope=scope), scope["method"]
        hosts = [host.lower() for host in headers.getlist("host")]
        is_alias = len(hosts) == 1 and hosts[0] in self._hosts - {self._host}
        if is_alias and self._redirects_aliases and method in _READING:
            return RedirectResponse(f"http://{self._host}{scope['path']}")
        if hosts != [self._host] and (not is_alias or self._redirects_aliases):
            return _refused(403, f"This address is for this machine only: http://{self._host}.")
        if self._methods is not None and method not in self._methods:
            allowed = ", ".join(self._methods)
            return _refused(405, f"Only {allowed} is allowed here.", allow=allowed)
        if method not in _READING and not self._is_ours(headers):
            return _refused(403, "Another web site sent this request; nothing was changed.")
        return None

    def _is_ours(self, headers: Headers) -> bool:
        from_here = all(origin == f"http://{self._host}" for origin in headers.getlist("origin"))
        return from_here and headers.get("sec-fetch-site", _OURS[0]) in _OURS


def _refused(status: int, detail: str, **headers: str) -> JSONResponse:
    problem = {
        "type": "about:blank",
        "title": "Refused",
        "status": status,
        "code": "not_from_here" if status == 403 else "method_not_allowed",
        "detail": detail,
    }
    return JSONResponse(
        problem, status_code=status, media_type="application/problem+json", headers=headers
    )
