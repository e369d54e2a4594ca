"""A stage with the functions' roles enforced, and tokens of people who signed in to it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from infra.local.stage.stage import LocalStage, running_stage
from infra.operations.users import Role
from infra.synthesis.synth import ROOT, synthesize
from tests.e2e.http_api.signing_in import App, Visitors, claims_of, tampered, unsigned

DRIVE, REVIEW, LEAD = "scones/drive", "scones/review", "scones/lead"
# A person for each identity with a second factor, because a code is valid once in 30 seconds.
PEOPLE = {
    "dora": Role.DRIVER,
    "dan": Role.DRIVER,
    "rita": Role.REVIEWER,
    "rosa": Role.REVIEWER,
    "rolf": Role.REVIEWER,
    "ruth": Role.REVIEWER,
    "lena": Role.LEAD,
}
# The callers of every route: see `_tokens`.
IDENTITIES = (
    *("no token", "no scope", "ID token", "driver", "other driver"),
    *("reviewer", "reviewer, all scopes", "former reviewer", "lead"),
    "reviewer by the client of provisioning",
    *("expired", "tampered", "unsigned"),
)


@dataclass(frozen=True, kw_only=True)
class ApiStage:
    """A running stage, and the token of every identity."""

    stage: LocalStage
    visitors: Visitors
    tokens: dict[str, str]  # by identity
    http: httpx.Client


@pytest.fixture(scope="session")
def api_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiStage]:
    assembly = synthesize("local", ROOT / ".scones" / "cdk.out.local")
    with (
        running_stage(
            tmp_path_factory.mktemp("runs"), assembly=assembly, enforce_iam=True
        ) as stage,
        httpx.Client(base_url=stage.api_url, trust_env=False, timeout=30) as http,
    ):
        visitors = Visitors(stage, http)
        for name, role in PEOPLE.items():
            visitors.let_in(name, role)
        stage.client("cognito-idp").admin_remove_user_from_group(
            UserPoolId=stage.outputs["ReviewersPoolId"], Username="rolf", GroupName="reviewers"
        )
        yield ApiStage(stage=stage, visitors=visitors, tokens=_tokens(stage, visitors), http=http)


def _tokens(stage: LocalStage, visitors: Visitors) -> dict[str, str]:
    app, page = visitors.drivers_app, visitors.reviewers_page
    dora = visitors.access("dora", app, DRIVE)
    return {
        "no token": "",
        "no scope": visitors.tokens("dora", app, "openid")["access_token"],
        "ID token": visitors.tokens("dora", app, f"openid {DRIVE}")["id_token"],
        "driver": dora,
        "other driver": visitors.access("dan", app, DRIVE),
        "reviewer": visitors.access("rita", page, REVIEW),
        "reviewer, all scopes": visitors.access("rosa", page, f"{REVIEW} {LEAD}"),
        "former reviewer": visitors.access("rolf", page, f"{REVIEW} {LEAD}"),
        "lead": visitors.access("lena", page, f"{REVIEW} {LEAD}"),
        "reviewer by the client of provisioning": visitors.access_by_provisioning("ruth"),
        "expired": _expired(stage, visitors, app),
        "tampered": tampered(dora, username="dan"),
        "unsigned": unsigned(dora),
    }


def _expired(stage: LocalStage, visitors: Visitors, app: App) -> str:
    """Return a token that has expired: the client's tokens live for a second in the meantime."""
    cognito, pool = stage.client("cognito-idp"), stage.outputs["DriversPoolId"]
    ids = {"UserPoolId": pool, "ClientId": app.client_id}
    client = cognito.describe_user_pool_client(**ids)["UserPoolClient"]
    kept_names = (
        *("CallbackURLs", "LogoutURLs", "AllowedOAuthFlows", "AllowedOAuthScopes"),
        *("AllowedOAuthFlowsUserPoolClient", "SupportedIdentityProviders", "ExplicitAuthFlows"),
        *("RefreshTokenValidity", "IdTokenValidity"),
    )
    settings = {name: client[name] for name in kept_names}
    units = client["TokenValidityUnits"]
    cognito.update_user_pool_client(
        **ids,
        **settings,
        AccessTokenValidity=1,
        TokenValidityUnits={**units, "AccessToken": "seconds"},
    )
    token = visitors.access("dora", app, DRIVE)
    cognito.update_user_pool_client(
        **ids,
        **settings,
        AccessTokenValidity=client["AccessTokenValidity"],
        TokenValidityUnits=units,
    )
    while time.time() <= claims_of(token)["exp"]:
        time.sleep(0.1)
    return token
