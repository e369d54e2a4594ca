"""Reviewers and leads sign in with a code; drivers do not, and a lost device can be replaced."""

import re
import secrets
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.operations.errors import PersonRefused
from infra.operations.second_factor import ReviewersPool, SecondFactor
from infra.operations.target import Target
from infra.operations.users import Provisioned, Role, provision, reset_factor
from tests.e2e.authenticator import Authenticator, hidden_fields
from tests.e2e.http_api.conftest import DRIVE, REVIEW, ApiStage
from tests.e2e.http_api.signing_in import claims_of

pytestmark = pytest.mark.e2e

SCOPE = f"openid {REVIEW}"


@pytest.fixture
def target(api_stage: ApiStage) -> Target:
    return Target.of_stage(api_stage.stage)


@pytest.fixture
def rena(api_stage: ApiStage, target: Target) -> Iterator[Provisioned]:
    """A reviewer of this test alone, whom the pool forgets afterwards."""
    yield provision(target, role=Role.REVIEWER, name="rena", password_stays=True)
    api_stage.stage.client("cognito-idp").admin_delete_user(
        UserPoolId=api_stage.stage.outputs["ReviewersPoolId"], Username="rena"
    )


def page_after_password(api_stage: ApiStage, person: Provisioned) -> str:
    """Send name and password; return the page that asks for the code."""
    visitors = api_stage.visitors
    page = visitors.login_page(visitors.reviewers_page, SCOPE, secrets.token_urlsafe(48))
    fields = {"username": person.name, "password": person.password}
    response = api_stage.http.post("/login", data={**hidden_fields(page), **fields})
    assert response.status_code == 200  # and not a redirect with an authorization code
    return response.text


def send_code(api_stage: ApiStage, page: str, code: str) -> int:
    """Return the status: 302 signs in, 200 is the page again."""
    fields = hidden_fields(page)
    assert fields.keys() == {"factor_token"}
    return api_stage.http.post("/login", data={**fields, "code": code}).status_code


def factor_of(person: Provisioned) -> SecondFactor:
    assert person.second_factor
    return person.second_factor


def test_a_password_alone_signs_no_reviewer_in(api_stage: ApiStage, rena: Provisioned) -> None:
    page = page_after_password(api_stage, rena)
    code = Authenticator(factor_of(rena)).code()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert [send_code(api_stage, page, text) for text in ("", wrong, "x" * 6)] == [200] * 3
    assert send_code(api_stage, page, code) == 302


def test_a_code_signs_in_once(api_stage: ApiStage, rena: Provisioned) -> None:
    code = Authenticator(factor_of(rena)).code()
    assert send_code(api_stage, page_after_password(api_stage, rena), code) == 302
    assert send_code(api_stage, page_after_password(api_stage, rena), code) == 200


def test_a_new_device_replaces_the_lost_one(
    api_stage: ApiStage, target: Target, rena: Provisioned
) -> None:
    visitors, page = api_stage.visitors, api_stage.visitors.reviewers_page
    visitors.note(rena)
    tokens = visitors.tokens("rena", page, SCOPE)
    other = reset_factor(target, role=Role.REVIEWER, name="rena", password_stays=True)
    lost = Authenticator(factor_of(rena)).code()
    assert other.password != rena.password
    assert send_code(api_stage, page_after_password(api_stage, other), lost) == 200
    visitors.note(other)
    assert visitors.tokens("rena", page, SCOPE)["access_token"]
    renewed = api_stage.http.post(
        "/oauth2/token",
        data={
            "grant_type": "refresh_token",
            "client_id": page.client_id,
            "refresh_token": tokens["refresh_token"],
        },
    )
    assert renewed.status_code == 400
    rows = api_stage.stage.client("dynamodb").query(
        TableName=api_stage.stage.outputs["ReviewersTable"],
        KeyConditionExpression="kind = :kind",
        ExpressionAttributeValues={":kind": {"S": "factor_reset"}},
    )["Items"]
    assert [row["name"]["S"].rsplit("#")[-1] for row in rows] == ["rena"]


def test_a_reviewer_without_a_factor_sets_one_up_on_the_page(
    api_stage: ApiStage, rena: Provisioned
) -> None:
    api_stage.stage.client("cognito-idp").admin_delete_software_token(
        UserPoolId=api_stage.stage.outputs["ReviewersPoolId"], Username="rena"
    )
    page = page_after_password(api_stage, rena)
    assert send_code(api_stage, page, Authenticator(factor_of(rena)).code()) == 200
    (secret,) = re.findall('<code id="secret">([A-Z2-7]+)</code>', page)
    factor = SecondFactor.of(secret, name="rena", stage="local")
    assert send_code(api_stage, page, factor.code(datetime.now(UTC))) == 302
    page = page_after_password(api_stage, rena)
    assert secret not in page
    assert send_code(api_stage, page, Authenticator(factor).code()) == 302


@pytest.mark.parametrize("challenge", ["SOFTWARE_TOKEN_MFA", "MFA_SETUP", "NEW_PASSWORD_REQUIRED"])
def test_a_challenge_that_was_not_set_gives_no_token(
    api_stage: ApiStage, rena: Provisioned, challenge: Any
) -> None:
    outputs = api_stage.stage.outputs
    responses = {
        "USERNAME": "rena",
        "SOFTWARE_TOKEN_MFA_CODE": Authenticator(factor_of(rena)).code(),
        "NEW_PASSWORD": rena.password,
    }
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        api_stage.stage.client("cognito-idp").respond_to_auth_challenge(
            ClientId=outputs["ReviewersClientId"],
            ChallengeName=challenge,
            ChallengeResponses=responses,
            Session="s" * 32,
        )


def test_an_interrupted_set_up_is_completed(api_stage: ApiStage, target: Target) -> None:
    """The factor is there, but the person has no group yet and does not know the secret."""
    pool = api_stage.stage.outputs["ReviewersPoolId"]
    api_stage.stage.client("cognito-idp").admin_create_user(UserPoolId=pool, Username="rune")
    lost = ReviewersPool(target).set_up("rune")
    person = provision(target, role=Role.REVIEWER, name="rune", password_stays=True)
    assert factor_of(person).secret != lost.secret
    api_stage.visitors.note(person)
    access = api_stage.visitors.access("rune", api_stage.visitors.reviewers_page, REVIEW)
    assert claims_of(access)["cognito:groups"] == ["reviewers"]


def test_a_person_cannot_sign_in_to_the_app_of_the_other_pool(api_stage: ApiStage) -> None:
    visitors = api_stage.visitors
    for name, app, scope in (
        ("dora", visitors.reviewers_page, REVIEW),
        ("rita", visitors.drivers_app, DRIVE),
    ):
        page = visitors.login_page(app, f"openid {scope}", secrets.token_urlsafe(48))
        response = visitors.submit(name, page)
        assert response.status_code == 200
        assert "Incorrect username or password." in response.text


def test_names_are_the_same_person_in_any_case(api_stage: ApiStage, target: Target) -> None:
    visitors, cognito = api_stage.visitors, api_stage.stage.client("cognito-idp")
    visitors.let_in("Kasimir", Role.DRIVER)
    with pytest.raises(PersonRefused, match="Choose another name"):
        provision(target, role=Role.REVIEWER, name="KASIMIR")
    with pytest.raises(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=api_stage.stage.outputs["DriversPoolId"], Username="KASIMIR"
        )
    for spelling in ("kasimir", "KASIMIR"):
        tokens = visitors.tokens(
            "kasimir", visitors.drivers_app, f"openid {DRIVE}", as_name=spelling
        )
        permission = api_stage.http.post(
            "/uploads",
            headers={
                "Authorization": f"Bearer {tokens['access_token']}",
                "Idempotency-Key": str(uuid.uuid4()),
            },
            json={"content_type": "image/jpeg"},
        ).json()
        assert permission["fields"]["key"].startswith("intake/kasimir/")
