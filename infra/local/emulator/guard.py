"""Who may call the emulator: programs of this machine, and web apps as a bucket's CORS rule says.

The emulator itself answers any `Host`, checks no signature, and lets every web site read its
responses: a page could create and run a function as the user. Behind this guard a page reaches S3
objects only, where the CORS rule of their bucket names its origin, and the rule alone decides on
the CORS headers. The gateway, which checks its own callers, is recognised by its `Host`, which no
page can set.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from infra.local.emulator.patches.replace import private
from infra.local.guard import is_from_another_site, loopback_hosts, refuse_websocket, refused

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEALTH = "/_ministack/ready"
_INTERNAL = ("/_ministack", "/_localstack")  # resets, settings, mails, code of functions
_API = "/_aws/execute-api/"  # whose CORS headers are those of the API's own configuration
_CORS = b"access-control-"
_NOT_ALLOWED = "Another web site sent this request, and no CORS rule of a bucket allows it."


class EmulatorGuard:
    """ASGI middleware around the emulator that listens on `port`, with the gateway before it."""

    def __init__(self, app: ASGIApp, *, port: int, gateway_port: int) -> None:
        """Raises: EmulatorChanged."""
        self._app = app
        self._port = port
        self._hosts = loopback_hosts(port)
        self._gateway_host = f"127.0.0.1:{gateway_port}"
        s3, router = (
            import_module(name) for name in ("ministack.services.s3", "ministack.core.router")
        )
        self._service_of = private(router, "detect_service")
        self._preflight = private(s3, "cors_preflight")
        self._headers_by_rule = private(s3, "cors_response_headers")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] == "websocket":
            await refuse_websocket(receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        by_rule: dict[str, str] = {}
        refusal = self._refusal(scope, headers)
        if refusal is None and self._is_of_page(headers):
            if scope["method"] == "OPTIONS":
                refusal = self._answer_to_preflight(scope, headers)
            else:
                by_rule = self._allowed_by_rule(scope, headers)
                refusal = None if by_rule else refused(403, _NOT_ALLOWED)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        keeps_cors = self._is_from_gateway(headers) and path.startswith(_API)

        async def send_with_cors_of_rule(message: Message) -> None:
            if message["type"] == "http.response.start" and not keeps_cors:
                _replace_cors(message, by_rule if "origin" in headers else {})
            await send(message)

        await self._app(scope, receive, send_with_cors_of_rule)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        path, hosts = scope["path"], headers.getlist("host")
        if path != HEALTH and path.startswith(_INTERNAL):
            return refused(403, "The emulator's own routes are closed.")
        if len(hosts) != 1 or not (self._is_loopback(hosts[0]) or self._is_from_gateway(headers)):
            return refused(403, f"This address is for this machine only: 127.0.0.1:{self._port}.")
        return None

    def _is_loopback(self, host: str) -> bool:
        """Names below localhost are those of buckets: resolvers keep them on this machine."""
        return host.lower() in self._hosts or host.lower().endswith(f".localhost:{self._port}")

    def _is_of_page(self, headers: Headers) -> bool:
        """Browsers that send neither an origin nor `Sec-Fetch-Site` still send a referrer."""
        is_of_browser = is_from_another_site(headers, own=None) or "referer" in headers
        return is_of_browser and not self._is_from_gateway(headers)

    def _is_from_gateway(self, headers: Headers) -> bool:
        return headers.getlist("host") == [self._gateway_host]

    def _answer_to_preflight(self, scope: Scope, headers: Headers) -> Response:
        bucket, key = _bucket_and_key(scope["path"])
        if not self._is_s3(scope, headers):
            return refused(403, _NOT_ALLOWED)
        status, answered, body = self._preflight(bucket, key, dict(headers.items()))
        return Response(body, status_code=status, headers=answered)

    def _allowed_by_rule(self, scope: Scope, headers: Headers) -> dict[str, str]:
        """Return the CORS headers by which a bucket lets the page's request pass; none if not.

        A page may load an object and send a form; a listing or a deletion is not among them,
        whatever methods the rule names.
        """
        bucket, key = _bucket_and_key(scope["path"])
        is_form = headers.get("content-type", "").startswith("multipart/form-data")
        if scope["method"] == "POST":
            is_usual = is_form and not key and not scope["query_string"]
        else:
            is_usual = scope["method"] in ("GET", "HEAD") and bool(key)
        origin = _origin_of_page(headers)
        if not (origin and is_usual and self._is_s3(scope, headers)):
            return {}
        by_rule: dict[str, str] = self._headers_by_rule(bucket, scope["method"], {"origin": origin})
        return by_rule

    def _is_s3(self, scope: Scope, headers: Headers) -> bool:
        """Whether the emulator would hand the request to S3, and not to the service of a header."""
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        service = self._service_of(scope["method"], scope["path"], dict(headers.items()), query)
        return bool(service == "s3") and headers["host"].lower() in self._hosts


def _bucket_and_key(path: str) -> tuple[str, str]:
    bucket, _, key = path.removeprefix("/").partition("/")
    return bucket, key


def _origin_of_page(headers: Headers) -> str | None:
    """Return the origin of the page that sent the request; that of an image names a referrer."""
    origins = headers.getlist("origin")
    if origins:
        return origins[0] if len(origins) == 1 else None
    referrer = urlsplit(headers.get("referer", ""))
    return f"{referrer.scheme}://{referrer.netloc}" if referrer.netloc else None


def _replace_cors(message: Message, by_rule: dict[str, str]) -> None:
    kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(_CORS)]
    message["headers"] = kept
    MutableHeaders(scope=message).update(by_rule)
