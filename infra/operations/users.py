"""Create drivers, reviewers and leads in the user pool of a system."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.domain.ledger.identity import CANARY_DRIVER
from handlers.http_api.auth import DRIVERS, LEADS, REVIEWERS, USABLE_NAME
from infra.operations.errors import PersonRefused

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

    from infra.operations.target import Target

_PASSWORD_LENGTH = 20
_SYMBOLS = "!#%+,-.:=?@_"  # without those that a shell or a form would interpret


class Role(StrEnum):
    """What a person may do: a role is a group of the user pool."""

    DRIVER = "driver"
    REVIEWER = "reviewer"
    LEAD = "lead"


_GROUPS = {Role.DRIVER: DRIVERS, Role.REVIEWER: REVIEWERS, Role.LEAD: LEADS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """A person who can sign in now."""

    name: str
    role: Role
    password: str  # empty: the person existed before and keeps their own
    must_change_password: bool


def provision(
    target: Target, *, role: Role, name: str, password_stays: bool = False
) -> Provisioned:
    """Create the person if the name is new, and add the role. Calling it again is safe.

    With `password_stays` the password is permanent; otherwise it must be changed at the first
    sign-in.

    Raises: PersonRefused, OutdatedStack, ClientError.
    """
    if not USABLE_NAME.fullmatch(name):
        raise PersonRefused(
            f"{name!r} cannot be used as a name: use letters, digits, _ @ + = , - and dots that "
            "are not in front. The name becomes part of every photo's address."
        )
    if name == CANARY_DRIVER:
        raise PersonRefused(f"{name} is the driver of canary photos, which deployments remove.")
    cognito, pool_id = target.session.client("cognito-idp"), target.output("UserPoolId")
    password = _create(cognito, pool_id, name, stays=password_stays)
    if not password:
        _refuse_both_sides(cognito, pool_id, role, name)
    cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=name, GroupName=_GROUPS[role])
    return Provisioned(
        name=name,
        role=role,
        password=password,
        must_change_password=bool(password) and not password_stays,
    )


def renew_password(target: Target, *, name: str) -> str:
    """Set and return another, permanent password of an existing person."""
    password = _new_password()
    target.session.client("cognito-idp").admin_set_user_password(
        UserPoolId=target.output("UserPoolId"), Username=name, Password=password, Permanent=True
    )
    return password


def _create(cognito: CognitoIdentityProviderClient, pool_id: str, name: str, *, stays: bool) -> str:
    """Return the new person's password; empty if the pool has a person of this name."""
    password = _new_password()
    try:
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=name,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",  # the pool has no address: the operator hands it over
        )
    except cognito.exceptions.UsernameExistsException:
        return ""
    if stays:
        cognito.admin_set_user_password(
            UserPoolId=pool_id, Username=name, Password=password, Permanent=True
        )
    return password


def _refuse_both_sides(
    cognito: CognitoIdentityProviderClient, pool_id: str, role: Role, name: str
) -> None:
    """Raise PersonRefused if the person would send photos and also decide on photos."""
    response = cognito.admin_list_groups_for_user(UserPoolId=pool_id, Username=name)
    groups = {group.get("GroupName", "") for group in response["Groups"]}
    others = {REVIEWERS, LEADS} if role is Role.DRIVER else {DRIVERS}
    if conflicting := groups & others:
        raise PersonRefused(
            f"{name} is in the group {min(conflicting)} already, and no person may both send "
            "photos and decide on them. Choose another name."
        )


def _new_password() -> str:
    """Return a password with at least one character of every kind that the pool requires."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
    chosen = [secrets.choice(kind) for kind in kinds]
    chosen += [secrets.choice("".join(kinds)) for _ in range(_PASSWORD_LENGTH - len(kinds))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)
