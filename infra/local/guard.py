"""Lets only this machine's own pages and programs call a server on loopback.

Any web site can make a browser send requests to loopback. So a request must address the server by a
loopback name (a rebound DNS name is refused), and must come from the server's own pages, from a web
app that is named, or from a program that is not a browser. Another site may only link to a page: it
can read no response, and a link changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READING = ("GET", "HEAD")
_OURS = ("same-origin", "none")  # Sec-Fetch-Site of our pages, and of a typed address


class LoopbackGuard:
    """ASGI middleware around all responses, refusals included.

    `methods` are those allowed (None: all). With `redirects_aliases`, other names of loopback are
    redirected to 127.0.0.1, since sign-in returns to one address only. `headers` are added to every
    response. `web_apps` are other origins whose pages may call.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: int,
        methods: tuple[str, ...] | None = None,
        redirects_aliases: bool = False,
        headers: Mapping[str, str] | None = None,
        web_apps: Collection[str] = (),
    ) -> None:
        self._app = app
        self._host = f"127.0.0.1:{port}"
        self._hosts = loopback_hosts(port)
        self._methods = methods
        self._redirects_aliases = redirects_aliases
        self._headers = headers or {}
        self._web_apps = frozenset(web_apps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""

        async def send_with_headers(message: Message) -> None:
            if self._headers and message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if scope["type"] == "websocket":
            await refuse_websocket(receive, send)
            return
        app = self._app if scope["type"] != "http" else self._refusal(scope) or self._app
        await app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers, method = Headers(scope=scope), scope["method"]
        hosts = [host.lower() for host in headers.getlist("host")]
        is_alias = len(hosts) == 1 and hosts[0] in self._hosts - {self._host}
        if is_alias and self._redirects_aliases and method in _READING:
            query = scope["query_string"].decode("latin-1")
            target = f"http://{self._host}{scope['path']}"
            return RedirectResponse(f"{target}?{query}" if query else target)
        if hosts != [self._host] and (not is_alias or self._redirects_aliases):
            return refused(403, f"This address is for this machine only: http://{self._host}.")
        if self._methods is not None and method not in self._methods:
            allowed = ", ".join(self._methods)
            return refused(405, f"Only {allowed} is allowed here.", allow=allowed)
        own = f"http://{hosts[0]}"
        if is_from_another_site(headers, own=own, web_apps=self._web_apps) and not (
            method in _READING and _is_link(headers)
        ):
            return refused(403, "Another web site sent this request, and it was not carried out.")
        return None


def loopback_hosts(port: int) -> set[str]:
    """Return the values of the header `Host` by which this machine addresses the port."""
    return {f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"}


def is_from_another_site(
    headers: Headers, *, own: str | None, web_apps: Collection[str] = ()
) -> bool:
    """Whether a browser sent the request for a page neither of `own` origin nor of `web_apps`.

    Without an `own` origin, a request of a page is another site's; a typed address is not.
    """
    origins = headers.getlist("origin")
    if any(origin != own and origin not in web_apps for origin in origins):
        return True
    if any(origin in web_apps for origin in origins):
        return False
    accepted = _OURS if own else ("none",)
    return headers.get("sec-fetch-site", "none") not in accepted


async def refuse_websocket(receive: Receive, send: Send) -> None:
    """Close before the handshake, which servers answer with 403: no stage's page opens any."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def refused(status: int, detail: str, **headers: str) -> JSONResponse:
    """Return the problem document of a refusal."""
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


def _is_link(headers: Headers) -> bool:
    """Whether a person follows a link: a whole page is loaded, and not into a frame."""
    navigates = headers.get("sec-fetch-mode") == "navigate"
    return navigates and headers.get("sec-fetch-dest") == "document" and "origin" not in headers
