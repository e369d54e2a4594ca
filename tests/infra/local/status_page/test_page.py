"""The page responds only to this machine, only reads, and runs no code that users wrote."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from infra.local.guard import LoopbackGuard
from infra.local.status_page.app import STATIC, page_app
from infra.local.status_page.headers import CONTENT_SECURITY_POLICY, HEADERS

PORT = 4321
PHOTO = "ab" * 32
HOSTILE = 'intake/<img src=x onerror=alert(1)>/"quoted" & .jpg'
STYLES_AND_HANDLERS = re.compile(r"<style|style=|\son\w+=|javascript:", re.IGNORECASE)


class Stage:
    """Responds, or raises `error`."""

    def __init__(self, *, error: Exception | None = None, picture: bytes | None = None) -> None:
        self._error = error
        self._picture = picture
        self.queries: list[tuple[str, str]] = []

    def overview(self, *, state: str, before: str) -> Mapping[str, Any]:
        if self._error:
            raise self._error
        self.queries.append((state, before))
        return {"photos": [{"key": HOSTILE}]}

    def story(self, photo_id: str) -> Mapping[str, Any] | None:
        return {"photo": {"key": HOSTILE}} if photo_id == PHOTO else None

    def thumbnail(self, photo_id: str) -> bytes | None:
        return self._picture if photo_id == PHOTO else None


def get(
    path: str,
    *,
    stage: Stage | None = None,
    method: str = "GET",
    host: str = f"127.0.0.1:{PORT}",
) -> httpx.Response:
    app = LoopbackGuard(page_app(stage or Stage()), port=PORT, methods=("GET",), headers=HEADERS)

    async def fetch() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            return await client.request(method, path, headers={"Host": host})

    return asyncio.run(fetch())


EVERYWHERE = ["/", f"/photos/{PHOTO}", "/static/list.js", "/api/overview", "/nowhere"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_response_has_the_policy(path: str) -> None:
    headers = get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_the_policy_allows_only_the_pages_own_files() -> None:
    allowed = dict(directive.split(" ", 1) for directive in CONTENT_SECURITY_POLICY.split("; "))
    assert allowed["default-src"] == "'none'"
    assert set(allowed.values()) == {"'none'", "'self'"}
    for closed in ("base-uri", "form-action", "frame-ancestors"):
        assert allowed[closed] == "'none'"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_requests_by_loopback_names_are_served(name: str) -> None:
    assert get("/", host=f"{name}:{PORT}").status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}", "", "0.0.0.0"],  # noqa: S104 # refused
)
@pytest.mark.parametrize("path", EVERYWHERE)
def test_requests_by_other_names_are_refused(host: str, path: str) -> None:
    refused = get(path, host=host)
    assert refused.status_code == 403
    assert refused.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
def test_methods_that_write_are_refused(method: str) -> None:
    refused = get("/api/overview", method=method)
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "path",
    ["/static/app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/", "/photos/1"],
)
def test_other_files_are_not_served(path: str) -> None:
    assert get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        (f"/photos/{PHOTO}", "text/html"),
        ("/static/page.css", "text/css"),
        ("/static/list.js", "text/javascript"),
        ("/static/icon.svg", "image/svg+xml"),
        ("/health", "text/plain"),
    ],
)
def test_files_have_their_content_types(path: str, kind: str) -> None:
    response = get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(kind)


def test_hostile_text_is_sent_as_json_only() -> None:
    for path in ("/api/overview", f"/api/photos/{PHOTO}"):
        response = get(path)
        assert response.headers["content-type"] == "application/json"
        assert HOSTILE in json.dumps(response.json(), ensure_ascii=False).replace('\\"', '"')
    for path in ("/", f"/photos/{PHOTO}"):
        assert "onerror" not in get(path).text


def test_query_parameters_are_checked_and_passed_on() -> None:
    stage = Stage()
    assert get("/api/overview?state=failed&before=2026%23ab", stage=stage).status_code == 200
    assert stage.queries == [("failed", "2026#ab")]
    assert get("/api/overview?state=deleted").status_code == 400
    assert get(f"/api/overview?before={'x' * 200}").status_code == 400


def test_an_unknown_photo_is_not_found() -> None:
    response = get(f"/api/photos/{'0' * 64}")
    assert response.status_code == 404
    assert response.json() == {"error": "unknown_photo"}


def test_pictures_are_cached_and_placeholders_are_not() -> None:
    picture = get(f"/thumbnails/{PHOTO}", stage=Stage(picture=b"\xff\xd8"))
    assert picture.headers["content-type"] == "image/jpeg"
    assert "immutable" in picture.headers["cache-control"]
    placeholder = get(f"/thumbnails/{PHOTO}")
    assert placeholder.headers["content-type"] == "image/svg+xml"
    assert placeholder.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), 503, "stage_stopped"),
        (ClientError({"Error": {"Code": "ResourceNotFound"}}, "Query"), 502, "stage_refuses"),
    ],
)
def test_a_stage_that_does_not_respond_is_reported(
    error: Exception, status: int, code: str
) -> None:
    response = get("/api/overview", stage=Stage(error=error))
    assert response.status_code == status
    assert response.json() == {"error": code}


def test_no_file_has_inline_code_or_styles_or_comes_from_elsewhere() -> None:
    for file in STATIC.iterdir():
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".html":
            assert not STYLES_AND_HANDLERS.search(text), file.name
            assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), file.name
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), file.name


def test_scripts_make_text_and_never_markup() -> None:
    ways_to_markup = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|srcdoc"
    )
    for file in STATIC.glob("*.js"):
        code = re.sub(r"^//.*$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert not re.search(ways_to_markup, code), file.name


def test_the_files_are_few_and_small() -> None:
    assert sum(file.stat().st_size for file in STATIC.iterdir()) < 40_000
