"""The gateway refuses other sites and hosts, and forwards requests unchanged."""

import asyncio
import gzip
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.gateway.app import gateway_app
from infra.local.guard import LoopbackGuard

PORT = 4569
OURS = f"http://127.0.0.1:{PORT}"
API = "/_aws/execute-api/a1b2c3d4/$default"


@dataclass
class Emulator:
    """Records its requests, and responds with two cookies and a compressed body."""

    requests: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def respond(self, request: Request) -> Response:
        self.requests.append(request)
        self.bodies.append(await request.body())
        response = Response(gzip.compress(b"hello"), status_code=201)
        response.headers["content-encoding"] = "gzip"
        response.headers["x-amz-request-id"] = "r"
        response.headers.append("set-cookie", "a=1")
        response.headers.append("set-cookie", "b=2")
        return response

    @property
    def paths(self) -> list[str]:
        return [
            request.scope["raw_path"].decode()
            + ("?" + query if (query := request.url.query) else "")
            for request in self.requests
        ]


class Browser:
    """Sends requests to the gateway, with the emulator behind it."""

    def __init__(self, behind: httpx.AsyncBaseTransport) -> None:
        app = gateway_app(emulator_url="http://127.0.0.1:4566", api_id="a1b2c3d4", transport=behind)
        self._gateway = httpx.ASGITransport(
            app=LoopbackGuard(app, port=PORT, redirects_aliases=True)
        )

    def get(self, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._send("GET", path, options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._send("POST", path, options))

    async def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._gateway, base_url=OURS) as client:
            return await client.request(method, path, **options)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def browser(emulator: Emulator) -> Browser:
    app = Starlette(routes=[Route("/{p:path}", emulator.respond, methods=["GET", "POST"])])
    return Browser(httpx.ASGITransport(app=app))


def test_a_request_of_the_api_is_forwarded_unchanged(browser: Browser, emulator: Emulator) -> None:
    response = browser.post(
        "/reviews/a%2Fb%20c/verdict?x=%C3%A9&x=2",
        content=b'{"verdict": 1}',
        headers={"authorization": "Bearer t", "idempotency-key": "k", "origin": OURS},
    )
    assert emulator.paths == [f"{API}/reviews/a%2Fb%20c/verdict?x=%C3%A9&x=2"]
    assert emulator.bodies == [b'{"verdict": 1}']
    assert emulator.requests[0].headers["authorization"] == "Bearer t"
    assert emulator.requests[0].headers["idempotency-key"] == "k"
    assert response.status_code == 201
    assert response.text == "hello"  # decompressed by the client, not by the gateway
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_only_sign_in_and_api_of_the_emulator_are_reachable(
    browser: Browser, emulator: Emulator
) -> None:
    browser.get("/oauth2/authorize?state=1")
    browser.get("/login")
    assert emulator.paths == ["/oauth2/authorize?state=1", "/login"]
    for path in (
        "/",
        "/some-bucket/key",
        "/_ministack/ready",
        "/reviewsx",
        "/2015-03-31/functions",
    ):
        assert browser.get(path).json()["code"] == "not_found"
    assert len(emulator.requests) == 2


def test_a_header_cannot_address_another_service(browser: Browser, emulator: Emulator) -> None:
    browser.post("/login", headers={"x-amz-target": "DynamoDB_20120810.DeleteTable"})
    assert "x-amz-target" not in emulator.requests[0].headers


@pytest.mark.parametrize("host", ["evil.example:4569", "127.0.0.1:1", "127.0.0.1"])
def test_another_host_is_refused(browser: Browser, emulator: Emulator, host: str) -> None:
    assert browser.get("/review", headers={"host": host}).status_code == 403
    assert not emulator.requests


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:4568"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": OURS, "sec-fetch-site": "cross-site"},
    ],
)
def test_another_site_cannot_change_anything(
    browser: Browser, emulator: Emulator, headers: dict[str, str]
) -> None:
    response = browser.post("/reviews/next", headers=headers)
    assert response.status_code == 403
    assert response.json()["code"] == "not_from_here"
    assert not emulator.requests


def test_another_name_of_this_machine_redirects_to_the_one_that_sign_in_accepts(
    browser: Browser,
) -> None:
    response = browser.get("/review", headers={"host": f"localhost:{PORT}"})
    assert response.status_code == 307
    assert response.headers["location"] == f"{OURS}/review"


def test_a_large_body_is_refused(browser: Browser, emulator: Emulator) -> None:
    assert browser.post("/uploads", content=b"x" * (1 << 20)).status_code == 201
    assert browser.post("/uploads", content=b"x" * ((1 << 20) + 1)).status_code == 413
    assert len(emulator.requests) == 1


def test_a_stopped_stage_is_reported() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    response = Browser(httpx.MockTransport(refuse)).get("/review")
    assert response.status_code == 503
    assert response.json()["code"] == "unavailable"
