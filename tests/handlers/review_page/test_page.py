"""The page's function: its files, its settings, and what a browser may do with them."""

import base64
import gzip
import json
import re
from typing import Any

import pytest

from handlers.domain.errors import MissingSetting
from handlers.review_page import handler
from handlers.review_page.assets import MEDIA_TYPES, STATIC, read_assets
from infra.function_specs import FUNCTIONS
from infra.synthesis.packaging import package_files

SETTINGS = {
    "AUTHORIZE_URL": "https://sign-in.example/oauth2/authorize",
    "TOKEN_URL": "https://sign-in.example/oauth2/token",
    "LOGOUT_URL": "none",
    "CLIENT_ID": "client",
    "SCOPE": "openid scones/review",
    "API_BASE": "/",
}
MAX_SENT_BYTES = 24_000  # compressed, all files together
LISTED = re.compile(r'(?:from|import) "\./([a-z_]+\.js)"|(?:src|href)="review/([^"]+)"')


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    handler._settings.cache_clear()


def request(asset: str | None = None, **headers: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "version": "2.0",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
    }
    if asset is not None:
        event["pathParameters"] = {"asset": asset}
    return handler.lambda_handler(event, None)


def test_the_page_and_every_file_that_it_names_is_served() -> None:
    names, seen = [""], set()
    while names:
        name = names.pop()
        if name in seen:
            continue
        seen.add(name)
        response = request(name or None)
        assert response["statusCode"] == 200, name
        names += [a or b for a, b in LISTED.findall(response["body"])]
    assert {f"{name or 'index.html'}" for name in seen} == {path.name for path in STATIC.iterdir()}


def test_the_package_has_every_file_of_the_page() -> None:
    spec = next(spec for spec in FUNCTIONS if spec.name == "page")
    packed = {name for name in package_files(spec) if "/static/" in name}
    assert packed == {f"handlers/review_page/static/{path.name}" for path in STATIC.iterdir()}


def test_no_other_site_can_run_scripts_in_or_frame_the_page() -> None:
    for response in (
        request(),
        request("main.js"),
        request("page.css"),
        request("config.json"),
        request("no.js"),
    ):
        policy = response["headers"]["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response["headers"]["x-content-type-options"] == "nosniff"


def test_no_file_needs_more_than_the_policy_allows() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?! type=\"module\" src=)", page)
    for path in STATIC.glob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert not re.search(r"\.(inner|outer)HTML|insertAdjacent|document\.write|eval\(", script)


def test_the_page_may_connect_to_the_token_service_only() -> None:
    policy = request()["headers"]["content-security-policy"]
    assert "connect-src 'self' https://sign-in.example;" in policy


def test_the_page_may_connect_to_an_api_on_another_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_BASE", "https://api.example/v1/")
    policy = request()["headers"]["content-security-policy"]
    assert "connect-src 'self' https://api.example https://sign-in.example;" in policy


def test_the_settings_are_read_from_the_environment() -> None:
    response = request("config.json")
    assert json.loads(response["body"]) == {
        **{name.lower(): value for name, value in SETTINGS.items()},
        "logout_url": None,
    }
    assert response["headers"]["cache-control"] == "no-store"


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLIENT_ID")
    with pytest.raises(MissingSetting, match="CLIENT_ID"):
        request()


def test_files_are_compressed_if_the_browser_accepts_it() -> None:
    plain, packed = request("main.js"), request("main.js", accept_encoding="br, gzip")
    assert packed["isBase64Encoded"]
    assert packed["headers"]["content-encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(packed["body"])).decode() == plain["body"]
    assert plain["headers"]["vary"] == packed["headers"]["vary"] == "accept-encoding"


def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    first = request("main.js")
    again = request("main.js", if_none_match=first["headers"]["etag"])
    assert again["statusCode"] == 304
    assert "body" not in again
    assert request("main.js", if_none_match='W/"other"')["statusCode"] == 200


@pytest.mark.parametrize(
    "name", ["", "..", "../handler.py", "index.html", "main.js ", "MAIN.JS", "main.js\n", "é"]
)
def test_no_other_file_is_served(name: str) -> None:
    response = request(name)
    assert response["statusCode"] == 404
    assert json.loads(response["body"])["code"] == "not_found"


def test_the_page_is_small() -> None:
    assets = read_assets().values()
    assert sum(len(asset.compressed) for asset in assets) < MAX_SENT_BYTES
    assert {asset.media_type for asset in assets} <= set(MEDIA_TYPES.values())
