"""Provisioning: the role's group, idempotence, and a password that the pool accepts."""

from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from handlers.domain.ledger.identity import CANARY_DRIVER
from infra.operations.errors import OutdatedStack, PersonRefused
from infra.operations.target import Target
from infra.operations.users import Role, provision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import PasswordPolicyTypeTypeDef

STRICT: "PasswordPolicyTypeTypeDef" = {
    "MinimumLength": 12,
    "RequireLowercase": True,
    "RequireUppercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
}


@pytest.fixture
def cognito() -> "Iterator[CognitoIdentityProviderClient]":
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        yield boto3.client("cognito-idp")


@pytest.fixture
def pool(cognito: "CognitoIdentityProviderClient") -> str:
    response = cognito.create_user_pool(PoolName="people", Policies={"PasswordPolicy": STRICT})
    pool_id: str = response["UserPool"]["Id"]
    for group in ("drivers", "reviewers", "leads"):
        cognito.create_group(UserPoolId=pool_id, GroupName=group)
    return pool_id


@pytest.fixture
def target(pool: str) -> Target:
    return Target(session=boto3.Session(), outputs={"UserPoolId": pool}, stage="test")


def groups_of(cognito: "CognitoIdentityProviderClient", pool: str, name: str) -> set[str]:
    groups = cognito.admin_list_groups_for_user(UserPoolId=pool, Username=name)["Groups"]
    return {group["GroupName"] for group in groups}


@pytest.mark.parametrize(
    ("role", "group"),
    [(Role.DRIVER, "drivers"), (Role.REVIEWER, "reviewers"), (Role.LEAD, "leads")],
)
def test_a_person_gets_the_group_of_their_role(
    cognito: "CognitoIdentityProviderClient", pool: str, target: Target, role: Role, group: str
) -> None:
    person = provision(target, role=role, name="robin")
    assert groups_of(cognito, pool, "robin") == {group}
    assert person.must_change_password
    status = cognito.admin_get_user(UserPoolId=pool, Username="robin")["UserStatus"]
    assert status == "FORCE_CHANGE_PASSWORD"


def test_a_password_can_be_permanent(
    cognito: "CognitoIdentityProviderClient", pool: str, target: Target
) -> None:
    person = provision(target, role=Role.DRIVER, name="dora", password_stays=True)
    assert not person.must_change_password
    assert cognito.admin_get_user(UserPoolId=pool, Username="dora")["UserStatus"] == "CONFIRMED"


def test_provisioning_a_person_again_changes_nothing(
    cognito: "CognitoIdentityProviderClient", pool: str, target: Target
) -> None:
    provision(target, role=Role.REVIEWER, name="rita")
    again = provision(target, role=Role.REVIEWER, name="rita")
    assert again.password == ""
    assert len(cognito.list_users(UserPoolId=pool)["Users"]) == 1


def test_a_reviewer_can_become_a_lead(
    cognito: "CognitoIdentityProviderClient", pool: str, target: Target
) -> None:
    provision(target, role=Role.REVIEWER, name="rita")
    provision(target, role=Role.LEAD, name="rita")
    assert groups_of(cognito, pool, "rita") == {"reviewers", "leads"}


@pytest.mark.parametrize(
    ("first", "second"), [(Role.DRIVER, Role.REVIEWER), (Role.LEAD, Role.DRIVER)]
)
def test_a_person_cannot_both_send_and_decide_on_photos(
    cognito: "CognitoIdentityProviderClient", pool: str, target: Target, first: Role, second: Role
) -> None:
    provision(target, role=first, name="both")
    with pytest.raises(PersonRefused, match="Choose another name"):
        provision(target, role=second, name="both")
    assert len(groups_of(cognito, pool, "both")) == 1


@pytest.mark.parametrize(
    "name", ["", "a/b", ".hidden", "x" * 129, "two words", "ünal", CANARY_DRIVER]
)
def test_a_name_that_is_reserved_or_cannot_be_part_of_an_address_is_refused(
    cognito: "CognitoIdentityProviderClient", pool: str, target: Target, name: str
) -> None:
    with pytest.raises(PersonRefused):
        provision(target, role=Role.DRIVER, name=name)
    assert not cognito.list_users(UserPoolId=pool)["Users"]


def test_a_stack_from_before_the_user_pool_must_be_deployed_again() -> None:
    old = Target(session=boto3.Session(), outputs={"PhotosTable": "photos"}, stage="prod")
    with pytest.raises(OutdatedStack, match=r"stage prod .* UserPoolId: deploy it again"):
        provision(old, role=Role.DRIVER, name="dora")
