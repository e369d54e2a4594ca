"""The page answers only this machine, only reads, and runs nothing that strangers wrote."""

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
    """Answers, or fails, as told."""

    def __init__(self, *, error: Exception | None = None, picture: bytes | None = None) -> None:
        self._error = error
        self._picture = picture
        self.asked: list[tuple[str, str]] = []

    def overview(self, *, state: str, before: str) -> Mapping[str, Any]:
        if self._error:
            raise self._error
        self.asked.append((state, before))
        return {"photos": [{"key": HOSTILE}]}

    def story(self, photo_id: str) -> Mapping[str, Any] | None:
        return {"photo": {"key": HOSTILE}} if photo_id == PHOTO else None

    def thumbnail(self, photo_id: str) -> bytes | None:
        return self._picture if photo_id == PHOTO else None


def ask(
    path: str,
    *,
    stage: Stage | None = None,
    method: str = "GET",
    host: str = f"127.0.0.1:{PORT}",
) -> httpx.Response:
    app = LoopbackGuard(page_app(stage or Stage()), port=PORT, methods=("GET",), headers=HEADERS)

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            return await client.request(method, path, headers={"Host": host})

    return asyncio.run(answer())


EVERYWHERE = ["/", f"/photos/{PHOTO}", "/static/list.js", "/api/overview", "/nowhere"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_has_the_policy(path: str) -> None:
    headers = ask(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_the_policy_allows_only_the_pages_own_files() -> None:
    allowed = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert allowed["default-src"] == "'none'"
    assert set(allowed.values()) == {"'none'", "'self'"}
    for closed in ("base-uri", "form-action", "frame-ancestors"):
        assert allowed[closed] == "'none'"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_loopback_names_are_answered(name: str) -> None:
    assert ask("/", host=f"{name}:{PORT}").status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}", "", "0.0.0.0"],  # noqa: S104 # refused
)
@pytest.mark.parametrize("path", EVERYWHERE)
def test_other_names_are_refused(host: str, path: str) -> None:
    refused = ask(path, host=host)
    assert refused.status_code == 403
    assert refused.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
def test_it_only_reads(method: str) -> None:
    refused = ask("/api/overview", method=method)
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "path",
    ["/static/app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/", "/photos/1"],
)
def test_other_files_are_not_there(path: str) -> None:
    assert ask(path).status_code == 404


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
def test_files_have_their_types(path: str, kind: str) -> None:
    answer = ask(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)


def test_hostile_text_travels_as_json_only() -> None:
    for path in ("/api/overview", f"/api/photos/{PHOTO}"):
        answer = ask(path)
        assert answer.headers["content-type"] == "application/json"
        assert HOSTILE in json.dumps(answer.json(), ensure_ascii=False).replace('\\"', '"')
    for path in ("/", f"/photos/{PHOTO}"):
        assert "onerror" not in ask(path).text


def test_what_is_asked_for_is_passed_on_and_checked() -> None:
    stage = Stage()
    assert ask("/api/overview?state=failed&before=2026%23ab", stage=stage).status_code == 200
    assert stage.asked == [("failed", "2026#ab")]
    assert ask("/api/overview?state=deleted").status_code == 400
    assert ask(f"/api/overview?before={'x' * 200}").status_code == 400


def test_an_unknown_photo_is_not_found() -> None:
    answer = ask(f"/api/photos/{'0' * 64}")
    assert answer.status_code == 404
    assert answer.json() == {"error": "unknown_photo"}


def test_pictures_are_kept_and_placeholders_are_not() -> None:
    picture = ask(f"/thumbnails/{PHOTO}", stage=Stage(picture=b"\xff\xd8"))
    assert picture.headers["content-type"] == "image/jpeg"
    assert "immutable" in picture.headers["cache-control"]
    placeholder = ask(f"/thumbnails/{PHOTO}")
    assert placeholder.headers["content-type"] == "image/svg+xml"
    assert placeholder.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), 503, "stage_stopped"),
        (ClientError({"Error": {"Code": "ResourceNotFound"}}, "Query"), 502, "stage_refuses"),
    ],
)
def test_a_stage_that_is_gone_is_said(error: Exception, status: int, code: str) -> None:
    answer = ask("/api/overview", stage=Stage(error=error))
    assert answer.status_code == status
    assert answer.json() == {"error": code}


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
