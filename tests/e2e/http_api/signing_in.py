"""Signs people in as apps do: by code grant with PKCE, at the same address as the API."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from infra.local.stage.stage import LocalStage
from infra.operations.target import Target
from infra.operations.users import Provisioned, Role, provision
from tests.e2e.authenticator import Authenticator, submit_login


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
        self._authenticators: dict[str, Authenticator] = {}
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
        self.note(person)

    def note(self, person: Provisioned) -> None:
        """Remember how a person signs in from now on."""
        self._passwords[person.name] = person.password
        if person.second_factor:
            self._authenticators[person.name] = Authenticator(person.second_factor)

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

    def login_page(self, app: App, scope: str, verifier: str) -> str:
        """Return the page that asks for name and password."""
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        page = self.authorize(app, scope, challenge)
        assert page.status_code == 200, page.text
        return page.text

    def submit(self, name: str, page: str, *, as_name: str = "") -> httpx.Response:
        """Send name, password and code; `as_name` is another spelling of the name."""
        return submit_login(
            self._http,
            "/login",
            page,
            name=as_name or name,
            password=self._passwords[name],
            authenticator=self._authenticators.get(name),
        )

    def code(self, name: str, app: App, scope: str, verifier: str, *, as_name: str = "") -> str:
        page = self.login_page(app, scope, verifier)
        response = self.submit(name, page, as_name=as_name)
        assert response.status_code == 302, response.text
        return parse_qs(urlsplit(response.headers["location"]).query)["code"][0]

    def access_by_provisioning(self, name: str) -> str:
        """Sign in as operators do who set up a second factor; return the access token."""
        cognito, outputs = self._stage.client("cognito-idp"), self._stage.outputs
        ids = {
            "UserPoolId": outputs["ReviewersPoolId"],
            "ClientId": outputs["ProvisioningClientId"],
        }
        challenge = cognito.admin_initiate_auth(
            **ids,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": self._passwords[name]},
        )
        responses = {
            "USERNAME": name,
            "SOFTWARE_TOKEN_MFA_CODE": self._authenticators[name].code(),
        }
        response = cognito.admin_respond_to_auth_challenge(
            **ids,
            ChallengeName="SOFTWARE_TOKEN_MFA",
            ChallengeResponses=responses,
            Session=challenge["Session"],
        )
        token: str = response["AuthenticationResult"]["AccessToken"]
        return token

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

    def tokens(self, name: str, app: App, scope: str, *, as_name: str = "") -> dict[str, Any]:
        verifier = secrets.token_urlsafe(48)
        code = self.code(name, app, scope, verifier, as_name=as_name)
        response = self.redeem(app, code, verifier)
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
