"""The gateway: who may ask it, and that it changes nothing of what it forwards."""

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
    """Notes what it is asked, and answers with two cookies and a compressed body."""

    asked: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        self.asked.append(request)
        self.bodies.append(await request.body())
        answer = Response(gzip.compress(b"hello"), status_code=201)
        answer.headers["content-encoding"] = "gzip"
        answer.headers["x-amz-request-id"] = "r"
        answer.headers.append("set-cookie", "a=1")
        answer.headers.append("set-cookie", "b=2")
        return answer

    @property
    def paths(self) -> list[str]:
        return [
            each.scope["raw_path"].decode() + ("?" + query if (query := each.url.query) else "")
            for each in self.asked
        ]


class Browser:
    """Asks the gateway, with the emulator behind it."""

    def __init__(self, behind: httpx.AsyncBaseTransport) -> None:
        app = gateway_app(emulator_url="http://127.0.0.1:4566", api_id="a1b2c3d4", transport=behind)
        self._gateway = httpx.ASGITransport(
            app=LoopbackGuard(app, port=PORT, redirects_aliases=True)
        )

    def get(self, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, options))

    async def _ask(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._gateway, base_url=OURS) as client:
            return await client.request(method, path, **options)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def browser(emulator: Emulator) -> Browser:
    app = Starlette(routes=[Route("/{p:path}", emulator.answer, methods=["GET", "POST"])])
    return Browser(httpx.ASGITransport(app=app))


def test_the_api_is_forwarded_as_it_was_asked(browser: Browser, emulator: Emulator) -> None:
    answer = browser.post(
        "/reviews/a%2Fb%20c/verdict?x=%C3%A9&x=2",
        content=b'{"verdict": 1}',
        headers={"authorization": "Bearer t", "idempotency-key": "k", "origin": OURS},
    )
    assert emulator.paths == [f"{API}/reviews/a%2Fb%20c/verdict?x=%C3%A9&x=2"]
    assert emulator.bodies == [b'{"verdict": 1}']
    assert emulator.asked[0].headers["authorization"] == "Bearer t"
    assert emulator.asked[0].headers["idempotency-key"] == "k"
    assert answer.status_code == 201
    assert answer.text == "hello"  # decompressed by the client: nobody did it on the way
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_sign_in_is_forwarded_and_nothing_else_of_the_emulator(
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
    assert len(emulator.asked) == 2


def test_no_service_can_be_ordered_by_a_header(browser: Browser, emulator: Emulator) -> None:
    browser.post("/login", headers={"x-amz-target": "DynamoDB_20120810.DeleteTable"})
    assert "x-amz-target" not in emulator.asked[0].headers


@pytest.mark.parametrize("host", ["evil.example:4569", "127.0.0.1:1", "127.0.0.1"])
def test_another_host_is_refused(browser: Browser, emulator: Emulator, host: str) -> None:
    assert browser.get("/review", headers={"host": host}).status_code == 403
    assert not emulator.asked


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
    answer = browser.post("/reviews/next", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_from_here"
    assert not emulator.asked


def test_another_name_of_this_machine_leads_to_the_one_that_sign_in_knows(
    browser: Browser,
) -> None:
    answer = browser.get("/review", headers={"host": f"localhost:{PORT}"})
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{OURS}/review"


def test_a_large_body_is_refused(browser: Browser, emulator: Emulator) -> None:
    assert browser.post("/uploads", content=b"x" * (1 << 20)).status_code == 201
    assert browser.post("/uploads", content=b"x" * ((1 << 20) + 1)).status_code == 413
    assert len(emulator.asked) == 1


def test_a_stopped_stage_is_said() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    answer = Browser(httpx.MockTransport(refuse)).get("/review")
    assert answer.status_code == 503
    assert answer.json()["code"] == "stage_stopped"
