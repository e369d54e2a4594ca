"""Which requests the guard hands to the emulator, and with which CORS headers it answers."""

import asyncio
from importlib import import_module
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.emulator.guard import EmulatorGuard

PORT, GATEWAY_PORT = 4566, 4569
APP = "https://app.example"
RULED = "/photos/intake/a.jpg"
FORM = {"content-type": "multipart/form-data; boundary=x"}
STAR = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"}
RULE = {"Access-Control-Allow-Origin": APP, "Vary": "Origin"}


def by_rule(bucket: str, method: str, headers: dict[str, str]) -> dict[str, str]:
    """Only the bucket `photos` has a rule, for one origin and two methods."""
    is_allowed = bucket == "photos" and method in ("GET", "POST") and headers["origin"] == APP
    return dict(RULE) if is_allowed else {}


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    s3 = import_module("ministack.services.s3")
    monkeypatch.setattr(s3, "cors_response_headers", by_rule)
    return []


def ask(reached: list[str], method: str, path: str, **headers: str) -> httpx.Response:
    """Send one request through the guard to an emulator that notes and answers it."""

    async def answer(request: Request) -> Response:
        reached.append(request.url.path)
        return Response("ok", headers=STAR)

    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
    emulator = Starlette(routes=[Route("/{path:path}", answer, methods=methods)])
    guard = EmulatorGuard(emulator, port=PORT, gateway_port=GATEWAY_PORT)

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=guard)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4566") as http:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await http.request(method, path, headers=named)

    return asyncio.run(send())


def cors_of(response: httpx.Response) -> dict[str, str]:
    return {name: v for name, v in response.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:4566", "localhost:4566", "LOCALHOST:4566", "photos.s3.localhost:4566"],
)
def test_programs_are_served_without_cors_headers(reached: list[str], host: str) -> None:
    for method in ("GET", "PUT", "POST", "DELETE"):
        response = ask(reached, method, RULED, host=host)
        assert response.text == "ok"
        assert not cors_of(response)
    assert len(reached) == 4


@pytest.mark.parametrize(
    "host",
    ["evil.example:4566", "127.0.0.1", "127.0.0.1:4567", "localhost.evil.example:4566", ""],
)
def test_other_hosts_are_refused(reached: list[str], host: str) -> None:
    assert ask(reached, "GET", RULED, host=host).status_code == 403
    assert not reached


def test_a_typed_address_is_served(reached: list[str]) -> None:
    assert ask(reached, "GET", RULED, sec_fetch_site="none").text == "ok"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:4566"},  # an object that a person opened is such a page
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},
        {"referer": "https://evil.example/"},
        {"sec_fetch_site": "cross-site", "referer": "https://evil.example/"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize("path", [RULED, "/photos", "/2015-03-31/functions", "/"])
def test_pages_that_no_rule_names_are_refused(
    reached: list[str], method: str, path: str, headers: dict[str, str]
) -> None:
    response = ask(reached, method, path, **FORM, **headers)
    assert response.status_code in (400, 403)
    assert not cors_of(response)
    assert not reached


@pytest.mark.parametrize(("method", "path"), [("GET", RULED), ("POST", "/photos")])
def test_the_rule_of_the_bucket_answers_a_page(reached: list[str], method: str, path: str) -> None:
    response = ask(reached, method, path, **FORM, origin=APP, sec_fetch_site="cross-site")
    assert response.text == "ok"
    assert cors_of(response) == {"access-control-allow-origin": APP}
    assert response.headers["vary"] == "Origin"


def test_an_image_is_loaded_by_its_referrer(reached: list[str]) -> None:
    headers = {"referer": f"{APP}/gallery", "sec_fetch_site": "cross-site"}
    response = ask(reached, "GET", RULED, **headers)
    assert response.text == "ok"
    assert not cors_of(response)


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/photos", {}),  # a listing
        ("POST", "/photos?delete", FORM),
        ("POST", RULED, FORM),
        ("POST", "/photos", {"content-type": "application/json"}),
        ("PUT", RULED, {}),
        ("DELETE", RULED, {}),
        ("GET", "/other/a.jpg", {}),
        ("GET", f"{RULED}?Action=CreateQueue&QueueName=q&Version=2012-11-05", {}),
        ("GET", RULED, {"x-amz-target": "AmazonSQS.CreateQueue"}),
        ("GET", RULED, {"host": "photos.s3.localhost:4566"}),
    ],
)
def test_a_rule_allows_objects_and_forms_only(
    reached: list[str], method: str, path: str, headers: dict[str, Any]
) -> None:
    response = ask(reached, method, path, origin=APP, **headers)
    assert response.status_code == 403
    assert not reached


@pytest.mark.parametrize("path", ["/_ministack/reset", "/%5Fministack/config", "/_localstack/x"])
def test_internal_routes_are_closed(reached: list[str], path: str) -> None:
    for host in ("127.0.0.1:4566", "127.0.0.1:4569"):
        assert ask(reached, "POST", path, host=host).status_code == 403
    assert not reached


def test_the_health_check_is_open(reached: list[str]) -> None:
    assert ask(reached, "GET", "/_ministack/ready").text == "ok"


def test_the_gateways_requests_keep_the_cors_headers_of_the_api_only(reached: list[str]) -> None:
    gateway = {"host": f"127.0.0.1:{GATEWAY_PORT}", "origin": APP, "sec_fetch_site": "cross-site"}
    assert cors_of(ask(reached, "POST", "/_aws/execute-api/a1/$default/uploads", **gateway))
    assert not cors_of(ask(reached, "GET", "/oauth2/userInfo", **gateway))
    assert len(reached) == 2


def test_a_websocket_is_refused() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def emulator(*_: Any) -> None:
        pytest.fail("the emulator was reached")

    guard = EmulatorGuard(emulator, port=PORT, gateway_port=GATEWAY_PORT)
    asyncio.run(guard({"type": "websocket", "headers": []}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]
