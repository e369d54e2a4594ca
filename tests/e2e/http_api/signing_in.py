"""Signs people in as apps do: by code grant with PKCE, at the same address as the API."""

import base64
import hashlib
import html
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from infra.local.stage.stage import LocalStage
from infra.operations.target import Target
from infra.operations.users import Role, provision

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True, kw_only=True)
class App:
    """One app client, and the address that receives the code."""

    client_id: str
    redirect_uri: str


class Visitors:
    """Creates users and signs them in."""

    def __init__(self, stage: LocalStage, http: httpx.Client) -> None:
        self._stage = stage
        self._http = http
        self._passwords: dict[str, str] = {}
        outputs = stage.outputs
        self.drivers_app = App(
            client_id=outputs["DriversClientId"], redirect_uri="scones://signed-in"
        )
        self.reviewers_page = App(
            client_id=outputs["ReviewersClientId"], redirect_uri=f"{outputs['ApiUrl']}/review"
        )

    def let_in(self, name: str, role: Role) -> None:
        person = provision(
            Target.of_stage(self._stage),
            role=role,
            name=name,
            password_stays=True,
        )
        self._passwords[name] = person.password

    def authorize(
        self, app: App, scope: str, challenge: str, changed: dict[str, str] | None = None
    ) -> httpx.Response:
        parameters = {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": app.redirect_uri,
            "scope": scope,
            "state": "s",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **(changed or {}),
        }
        return self._http.get("/oauth2/authorize", params=parameters)

    def code(self, name: str, app: App, scope: str, verifier: str) -> str:
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        page = self.authorize(app, scope, challenge)
        assert page.status_code == 200, page.text
        form = {key: html.unescape(value) for key, value in _HIDDEN.findall(page.text)}
        form |= {"username": name, "password": self._passwords[name]}
        response = self._http.post("/login", data=form)
        assert response.status_code == 302, response.text
        return parse_qs(urlsplit(response.headers["location"]).query)["code"][0]

    def redeem(self, app: App, code: str, verifier: str) -> httpx.Response:
        return self._http.post(
            "/oauth2/token",
            data={
                "grant_type": "authorization_code",
                "client_id": app.client_id,
                "code": code,
                "redirect_uri": app.redirect_uri,
                "code_verifier": verifier,
            },
        )

    def tokens(self, name: str, app: App, scope: str) -> dict[str, Any]:
        verifier = secrets.token_urlsafe(48)
        response = self.redeem(app, self.code(name, app, scope, verifier), verifier)
        assert response.status_code == 200, response.text
        tokens: dict[str, Any] = response.json()
        return tokens

    def access(self, name: str, app: App, scope: str) -> str:
        token: str = self.tokens(name, app, f"openid {scope}")["access_token"]
        return token


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(_decoded(token.split(".")[1]))
    return claims


def tampered(token: str, **claims: object) -> str:
    """Return the token with other claims and the old signature."""
    header, _, signature = token.split(".")
    return ".".join([header, _encoded(claims_of(token) | claims), signature])


def unsigned(token: str) -> str:
    """Return the token with the algorithm `none` and without signature."""
    return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{token.split('.')[1]}."


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
