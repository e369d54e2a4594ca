"""Signs a person in as the page does, without a browser.

`test_signing_in` signs in by the page; all other tests use this.
"""

import base64
import hashlib
import json
import secrets
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.e2e.authenticator import Authenticator, submit_login

# The name under which `signin.js` stores them.
TOKENS = "scones.tokens"


def signed_in(url: str, name: str, password: str, authenticator: Authenticator) -> str:
    """Sign in and return the tokens as JSON, as the page stores them in its tab."""
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    page = f"{url}/review"
    with httpx.Client(trust_env=False) as client:
        config = client.get(f"{page}/config.json").raise_for_status().json()
        form = client.get(
            config["authorize_url"],
            params={
                "response_type": "code",
                "client_id": config["client_id"],
                "redirect_uri": page,
                "scope": config["scope"],
                "state": "s",
                "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
                "code_challenge_method": "S256",
            },
        ).raise_for_status()
        signed = submit_login(
            client,
            f"{url}/login",
            form.text,
            name=name,
            password=password,
            authenticator=authenticator,
        )
        code = parse_qs(urlsplit(signed.headers["location"]).query)["code"][0]
        response = client.post(
            config["token_url"],
            data={
                "grant_type": "authorization_code",
                "client_id": config["client_id"],
                "redirect_uri": page,
                "code": code,
                "code_verifier": verifier,
            },
        )
        tokens = response.raise_for_status().json()
    until = 4102444800000  # in the year 2100, so that the page does not renew them
    return json.dumps(
        {"access": tokens["access_token"], "refresh": tokens["refresh_token"], "until": until}
    )
