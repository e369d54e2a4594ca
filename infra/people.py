"""Lets people in: makes a driver, a reviewer or a lead in the user pool, deployed or local."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from handlers.api.auth import DRIVERS, LEADS, REVIEWERS, USABLE_NAME

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_PASSWORD_LENGTH = 20
_SYMBOLS = "!#%+,-.:=?@_"  # nothing that a shell or a form would take apart


class Role(StrEnum):
    """What a person is to the system."""

    DRIVER = "driver"
    REVIEWER = "reviewer"
    LEAD = "lead"


_GROUPS = {Role.DRIVER: DRIVERS, Role.REVIEWER: REVIEWERS, Role.LEAD: LEADS}


class PersonRefused(ValueError):
    """This person cannot be let in like this; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """Somebody who can sign in now."""

    name: str
    role: Role
    password: str  # empty: the person was there before and keeps his own
    must_change_password: bool


def pool_of_stage(cloudformation: CloudFormationClient, stage: str) -> str:
    """The user pool of a deployed stage, by its stack. Raises: PersonRefused, ClientError."""
    stacks = cloudformation.describe_stacks(StackName=f"Scones-{stage}-Pipeline")["Stacks"]
    outputs = {
        output.get("OutputKey"): output.get("OutputValue", "")
        for output in stacks[0].get("Outputs", [])
    }
    if "UserPoolId" not in outputs:
        raise PersonRefused(f"Stage {stage} was deployed before it had people: deploy it anew.")
    return outputs["UserPoolId"]


def provision(
    cognito: CognitoIdentityProviderClient,
    *,
    pool_id: str,
    role: Role,
    name: str,
    password_stays: bool = False,
) -> Provisioned:
    """Make the person if there is none of the name, and give him the role; twice is once.

    Raises: PersonRefused, ClientError.
    """
    if not USABLE_NAME.fullmatch(name):
        raise PersonRefused(
            f"{name!r} cannot be used as a name: letters, digits and _ @ + = , - only, "
            "and dots but not in front. It becomes part of every photo's address."
        )
    password = _create(cognito, pool_id, name, stays=password_stays)
    if not password:
        _refuse_two_sides(cognito, pool_id, role, name)
    cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=name, GroupName=_GROUPS[role])
    return Provisioned(
        name=name,
        role=role,
        password=password,
        must_change_password=bool(password) and not password_stays,
    )


def renew_password(cognito: CognitoIdentityProviderClient, *, pool_id: str, name: str) -> str:
    """Another password for somebody who is there already."""
    password = _new_password()
    cognito.admin_set_user_password(
        UserPoolId=pool_id, Username=name, Password=password, Permanent=True
    )
    return password


def _create(cognito: CognitoIdentityProviderClient, pool_id: str, name: str, *, stays: bool) -> str:
    """The new person's password; empty where there is such a person already."""
    password = _new_password()
    try:
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=name,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",  # there is no address: whoever provisions hands it over
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "UsernameExistsException":
            raise
        return ""
    if stays:
        cognito.admin_set_user_password(
            UserPoolId=pool_id, Username=name, Password=password, Permanent=True
        )
    return password


def _refuse_two_sides(
    cognito: CognitoIdentityProviderClient, pool_id: str, role: Role, name: str
) -> None:
    """Nobody decides on photos of his own."""
    answer = cognito.admin_list_groups_for_user(UserPoolId=pool_id, Username=name)
    held = {group.get("GroupName", "") for group in answer["Groups"]}
    others = {REVIEWERS, LEADS} if role is Role.DRIVER else {DRIVERS}
    if conflicting := held & others:
        raise PersonRefused(
            f"{name} is in the group {min(conflicting)} already, and nobody may both send photos "
            "and decide on them. Choose another name."
        )


def _new_password() -> str:
    """At least one character of every kind that the pool asks for."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
    chosen = [secrets.choice(kind) for kind in kinds]
    chosen += [secrets.choice("".join(kinds)) for _ in range(_PASSWORD_LENGTH - len(kinds))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)
