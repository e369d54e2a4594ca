"""Provisioning: group, second factor, idempotence, and names that are one person in any case."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from handlers.domain.ledger.schema import REVIEWERS
from handlers.http_api.auth import RESERVED_NAMES
from infra.local.stage.drop_folder import DEFAULT_DRIVER
from infra.operations.errors import OutdatedStack, PersonRefused
from infra.operations.second_factor import ReviewersPool, SecondFactor
from infra.operations.target import Target
from infra.operations.users import Role, provision, reset_factor
from tests.infra.user_pools import SECRET, create_user_pools
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient


@pytest.fixture
def cognito() -> "Iterator[CognitoIdentityProviderClient]":
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        yield boto3.client("cognito-idp")


@pytest.fixture
def target(cognito: "CognitoIdentityProviderClient") -> Target:
    create_table(boto3.client("dynamodb"), REVIEWERS, "reviewers")
    outputs = {**create_user_pools(cognito), "ReviewersTable": "reviewers"}
    return Target(session=boto3.Session(), outputs=outputs, stage="test")


def pool_of(target: Target, role: Role) -> str:
    return target.outputs["DriversPoolId" if role is Role.DRIVER else "ReviewersPoolId"]


def groups_of(target: Target, role: Role, name: str) -> set[str]:
    groups = boto3.client("cognito-idp").admin_list_groups_for_user(
        UserPoolId=pool_of(target, role), Username=name
    )["Groups"]
    return {group["GroupName"] for group in groups}


def user_of(target: Target, role: Role, name: str) -> Any:
    return boto3.client("cognito-idp").admin_get_user(
        UserPoolId=pool_of(target, role), Username=name
    )


def people_of(target: Target) -> list[str]:
    pools = (target.outputs["DriversPoolId"], target.outputs["ReviewersPoolId"])
    listed = (boto3.client("cognito-idp").list_users(UserPoolId=pool)["Users"] for pool in pools)
    return [user["Username"] for users in listed for user in users]


@pytest.mark.parametrize(
    ("role", "group"),
    [(Role.DRIVER, "drivers"), (Role.REVIEWER, "reviewers"), (Role.LEAD, "leads")],
)
def test_a_person_gets_the_group_of_their_role(target: Target, role: Role, group: str) -> None:
    person = provision(target, role=role, name="robin")
    assert groups_of(target, role, "robin") == {group}
    assert person.must_change_password
    assert user_of(target, role, "robin")["UserStatus"] == "FORCE_CHANGE_PASSWORD"


@pytest.mark.parametrize("role", list(Role))
def test_exactly_those_who_decide_on_photos_get_a_second_factor(target: Target, role: Role) -> None:
    person = provision(target, role=role, name="robin")
    factors = user_of(target, role, "robin").get("UserMFASettingList", [])
    if role is Role.DRIVER:
        assert person.second_factor is None
        assert factors == []
    else:
        assert person.second_factor is not None
        assert factors == ["SOFTWARE_TOKEN_MFA"]


def test_an_authenticator_app_can_read_the_second_factor() -> None:
    factor = SecondFactor.of(SECRET, name="rita", stage="prod")
    assert factor.uri.startswith(f"otpauth://totp/Scones%20prod:rita?secret={SECRET}&")


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(second: int, code: str) -> None:
    """Appendix B of the RFC for SHA-1, of whose eight digits an app shows the last six."""
    factor = SecondFactor.of(SECRET, name="rita", stage="prod")
    assert factor.code(datetime.fromtimestamp(second, UTC)) == code


def test_a_password_can_be_permanent(target: Target) -> None:
    person = provision(target, role=Role.DRIVER, name="dora", password_stays=True)
    assert not person.must_change_password
    assert user_of(target, Role.DRIVER, "dora")["UserStatus"] == "CONFIRMED"


def test_provisioning_a_person_again_changes_nothing(target: Target) -> None:
    provision(target, role=Role.REVIEWER, name="Rita")
    for spelling in ("rita", "RITA", "Rita"):
        person = provision(target, role=Role.REVIEWER, name=spelling)
        assert (person.name, person.password, person.second_factor) == ("rita", "", None)
    assert people_of(target) == ["rita"]


def test_an_interrupted_provisioning_is_completed(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ReviewersPool, "set_up", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            provision(target, role=Role.REVIEWER, name="rita")
    person = provision(target, role=Role.REVIEWER, name="rita")
    assert person.password
    assert person.second_factor
    assert groups_of(target, Role.REVIEWER, "rita") == {"reviewers"}


def test_a_reviewer_can_become_a_lead(target: Target) -> None:
    provision(target, role=Role.REVIEWER, name="rita")
    lead = provision(target, role=Role.LEAD, name="rita")
    assert groups_of(target, Role.LEAD, "rita") == {"reviewers", "leads"}
    assert lead.second_factor is None  # they keep their own


@pytest.mark.parametrize(
    ("first", "second"), [(Role.DRIVER, Role.REVIEWER), (Role.LEAD, Role.DRIVER)]
)
def test_a_person_cannot_both_send_and_decide_on_photos(
    target: Target, first: Role, second: Role
) -> None:
    provision(target, role=first, name="Both")
    for spelling in ("both", "BOTH"):
        with pytest.raises(PersonRefused, match="Choose another name"):
            provision(target, role=second, name=spelling)
    assert people_of(target) == ["both"]


@pytest.fixture
def deletions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who lost their factor by AdminDeleteSoftwareToken, which moto lacks.

    Moto also asks for no code after a new password.
    """
    names: list[str] = []
    make_call = BaseClient._make_api_call  # type: ignore[attr-defined] # botocore's own

    def call(client: Any, operation: str, arguments: Any) -> Any:
        if operation == "AdminDeleteSoftwareToken":
            names.append(arguments["Username"])
            off = {"Enabled": False, "PreferredMfa": False}
            operation = "AdminSetUserMFAPreference"
            arguments = {**arguments, "SoftwareTokenMfaSettings": off}
        response = make_call(client, operation, arguments)
        has_new_password = arguments.get("ChallengeName") == "NEW_PASSWORD_REQUIRED"
        if has_new_password and not names and "AuthenticationResult" in response:
            return {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "s"}
        return response

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return names


def test_a_reset_gives_another_factor_and_password_and_is_recorded(
    target: Target, deletions: list[str]
) -> None:
    provision(target, role=Role.REVIEWER, name="rita")
    person = reset_factor(target, role=Role.REVIEWER, name="Rita")
    assert deletions == ["rita"]
    assert person.second_factor
    assert person.must_change_password
    (record,) = boto3.resource("dynamodb").Table("reviewers").scan()["Items"]
    assert record["kind"] == "factor_reset"
    assert str(record["name"]).startswith("20")
    assert str(record["name"]).endswith("Z#rita")
    assert str(record["reset_by"]).startswith("arn:aws:")
    assert groups_of(target, Role.REVIEWER, "rita") == {"reviewers"}


def test_a_reset_that_cannot_be_recorded_is_not_made(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision(target, role=Role.REVIEWER, name="rita")
    boto3.client("dynamodb").delete_table(TableName="reviewers")
    monkeypatch.setattr(ReviewersPool, "set_up", lambda *_: pytest.fail("it was reset"))
    with pytest.raises(ClientError):
        reset_factor(target, role=Role.REVIEWER, name="rita")


def test_only_a_reviewer_or_lead_who_exists_can_be_reset(target: Target) -> None:
    provision(target, role=Role.DRIVER, name="dora")
    provision(target, role=Role.REVIEWER, name="rita")
    for role, name, sentence in (
        (Role.DRIVER, "dora", "without a second factor"),
        (Role.REVIEWER, "gone", "no reviewer"),
        (Role.LEAD, "rita", "no lead"),
    ):
        with pytest.raises(PersonRefused, match=sentence):
            reset_factor(target, role=role, name=name)


def test_a_reserved_name_is_refused_for_every_role(target: Target) -> None:
    for role in Role:
        for name in (*sorted(RESERVED_NAMES), "Model"):
            with pytest.raises(PersonRefused, match="reserved"):
                provision(target, role=role, name=name)
    assert not people_of(target)


def test_the_names_that_the_system_itself_uses_are_reserved() -> None:
    assert {DEFAULT_DRIVER, "model"} <= RESERVED_NAMES


def test_a_name_that_cannot_be_part_of_an_address_is_refused(target: Target) -> None:
    for name in ("", "a/b", ".hidden", "x" * 129, "two words", "ünal"):
        with pytest.raises(PersonRefused):
            provision(target, role=Role.DRIVER, name=name)
    assert not people_of(target)


def test_a_stack_from_before_its_user_pools_must_be_deployed_again() -> None:
    old = Target(session=boto3.Session(), outputs={"PhotosTable": "photos"}, stage="prod")
    with pytest.raises(OutdatedStack, match=r"stage prod .* DriversPoolId: deploy it again"):
        provision(old, role=Role.DRIVER, name="dora")
