"""Letting people in: by role, once, with a password that the pool accepts."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from infra.operations.users import PersonRefused, Role, pool_of_stage, provision

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
    made = cognito.create_user_pool(PoolName="people", Policies={"PasswordPolicy": STRICT})
    pool_id: str = made["UserPool"]["Id"]
    for group in ("drivers", "reviewers", "leads"):
        cognito.create_group(UserPoolId=pool_id, GroupName=group)
    return pool_id


def groups_of(cognito: "CognitoIdentityProviderClient", pool: str, name: str) -> set[str]:
    listed = cognito.admin_list_groups_for_user(UserPoolId=pool, Username=name)["Groups"]
    return {group["GroupName"] for group in listed}


@pytest.mark.parametrize(
    ("role", "group"),
    [(Role.DRIVER, "drivers"), (Role.REVIEWER, "reviewers"), (Role.LEAD, "leads")],
)
def test_a_person_gets_the_group_of_his_role(
    cognito: "CognitoIdentityProviderClient", pool: str, role: Role, group: str
) -> None:
    person = provision(cognito, pool_id=pool, role=role, name="robin")
    assert groups_of(cognito, pool, "robin") == {group}
    assert person.must_change_password
    status = cognito.admin_get_user(UserPoolId=pool, Username="robin")["UserStatus"]
    assert status == "FORCE_CHANGE_PASSWORD"


def test_a_password_may_stay(cognito: "CognitoIdentityProviderClient", pool: str) -> None:
    person = provision(cognito, pool_id=pool, role=Role.DRIVER, name="dora", password_stays=True)
    assert not person.must_change_password
    assert cognito.admin_get_user(UserPoolId=pool, Username="dora")["UserStatus"] == "CONFIRMED"


def test_twice_is_once(cognito: "CognitoIdentityProviderClient", pool: str) -> None:
    provision(cognito, pool_id=pool, role=Role.REVIEWER, name="rita")
    again = provision(cognito, pool_id=pool, role=Role.REVIEWER, name="rita")
    assert again.password == ""
    assert len(cognito.list_users(UserPoolId=pool)["Users"]) == 1


def test_a_reviewer_can_become_a_lead(cognito: "CognitoIdentityProviderClient", pool: str) -> None:
    provision(cognito, pool_id=pool, role=Role.REVIEWER, name="rita")
    provision(cognito, pool_id=pool, role=Role.LEAD, name="rita")
    assert groups_of(cognito, pool, "rita") == {"reviewers", "leads"}


@pytest.mark.parametrize(
    ("first", "second"), [(Role.DRIVER, Role.REVIEWER), (Role.LEAD, Role.DRIVER)]
)
def test_nobody_decides_on_photos_of_his_own(
    cognito: "CognitoIdentityProviderClient", pool: str, first: Role, second: Role
) -> None:
    provision(cognito, pool_id=pool, role=first, name="both")
    with pytest.raises(PersonRefused, match="Choose another name"):
        provision(cognito, pool_id=pool, role=second, name="both")
    assert len(groups_of(cognito, pool, "both")) == 1


@pytest.mark.parametrize("name", ["", "a/b", ".hidden", "x" * 129, "two words", "ünal"])
def test_a_name_must_do_as_part_of_an_address(
    cognito: "CognitoIdentityProviderClient", pool: str, name: str
) -> None:
    with pytest.raises(PersonRefused):
        provision(cognito, pool_id=pool, role=Role.DRIVER, name=name)
    assert not cognito.list_users(UserPoolId=pool)["Users"]


def test_a_deployed_stage_is_found_by_its_stack() -> None:
    cloudformation = boto3.client("cloudformation")
    outputs = [
        {"OutputKey": "ApiId", "OutputValue": "a"},
        {"OutputKey": "UserPoolId", "OutputValue": "eu-1_p"},
    ]
    stack = {
        "StackName": "Scones-prod-Pipeline",
        "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": outputs,
    }
    with Stubber(cloudformation) as stubber:
        stubber.add_response(
            "describe_stacks", {"Stacks": [stack]}, {"StackName": "Scones-prod-Pipeline"}
        )
        assert pool_of_stage(cloudformation, "prod") == "eu-1_p"


def test_a_stack_of_before_the_doors_is_told_so() -> None:
    cloudformation = boto3.client("cloudformation")
    stack = {
        "StackName": "Scones-prod-Pipeline",
        "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "StackStatus": "CREATE_COMPLETE",
    }
    with Stubber(cloudformation) as stubber:
        stubber.add_response("describe_stacks", {"Stacks": [stack]})
        with pytest.raises(PersonRefused, match="deploy it anew"):
            pool_of_stage(cloudformation, "prod")
