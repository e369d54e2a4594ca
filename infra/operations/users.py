"""Create drivers, reviewers and leads in the user pools of a system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.aws.dynamodb import item_of
from handlers.domain.ledger.schema import ReviewerAttribute
from handlers.domain.timestamps import stamp
from handlers.http_api.auth import DRIVERS, LEADS, REVIEWERS, user_name
from infra.operations.errors import PersonRefused
from infra.operations.second_factor import ReviewersPool, SecondFactor, new_password

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

    from infra.operations.target import Target


class Role(StrEnum):
    """What a person may do: a role is a group of one of the two user pools."""

    DRIVER = "driver"
    REVIEWER = "reviewer"
    LEAD = "lead"

    @property
    def has_second_factor(self) -> bool:
        """Whether the role's pool requires a second factor."""
        return self is not Role.DRIVER


_GROUPS = {Role.DRIVER: DRIVERS, Role.REVIEWER: REVIEWERS, Role.LEAD: LEADS}
_DRIVERS_POOL, _REVIEWERS_POOL = "DriversPoolId", "ReviewersPoolId"  # outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """A person who can sign in now."""

    name: str  # in lower case
    role: Role
    password: str  # empty: the person existed before and keeps their own
    must_change_password: bool
    second_factor: SecondFactor | None  # None: a driver, or the person keeps their own


def provision(
    target: Target, *, role: Role, name: str, password_stays: bool = False
) -> Provisioned:
    """Create the person if the name is new, and add the role. Calling it again is safe.

    With `password_stays` the password is permanent; otherwise it must be changed at the first
    sign-in.

    Raises: PersonRefused, OutdatedStack, ClientError.
    """
    name = _usable(name)
    people = _People(target, role)
    people.refuse_both_sides(name)
    # The group is added last: a person without one was not completely provisioned.
    is_complete = not people.create(name) and people.groups(name)
    factor, password = None, ""
    if not is_complete:
        factor, password = people.give_sign_in(name, password_stays=password_stays)
    people.add_to_group(name)
    return _provisioned(name, role, password, factor, password_stays=password_stays)


def reset_factor(
    target: Target, *, role: Role, name: str, password_stays: bool = False
) -> Provisioned:
    """Give an existing reviewer or lead another second factor and another password.

    The lost device makes no valid code any more, and what it was signed in to cannot renew its
    tokens. The table of reviewers records when and by whom, before anything is changed.

    Raises: PersonRefused, OutdatedStack, ClientError.
    """
    name = _usable(name)
    if not role.has_second_factor:
        raise PersonRefused("drivers sign in without a second factor.")
    people = _People(target, role)
    if _GROUPS[role] not in people.groups(name):
        raise PersonRefused(f"there is no {role} {name}.")
    _record_reset(target, name)
    factor, password = people.give_sign_in(name, password_stays=password_stays)
    people.sign_out(name)
    return _provisioned(name, role, password, factor, password_stays=password_stays)


def _provisioned(
    name: str, role: Role, password: str, factor: SecondFactor | None, *, password_stays: bool
) -> Provisioned:
    return Provisioned(
        name=name,
        role=role,
        password=password,
        must_change_password=bool(password) and not password_stays,
        second_factor=factor,
    )


def _usable(name: str) -> str:
    """Return the name in lower case. Raises: PersonRefused."""
    usable = user_name(name)
    if usable is None:
        raise PersonRefused(
            f"{name!r} cannot be used as a name: it is reserved, or has other characters than "
            "letters, digits, _ @ + = , - and dots that are not in front. The name becomes part "
            "of every photo's address."
        )
    return usable


class _People:
    """The pool of a role, and the groups in it."""

    def __init__(self, target: Target, role: Role) -> None:
        self._target = target
        self._role = role
        self._cognito: CognitoIdentityProviderClient = target.session.client("cognito-idp")
        pools = (_DRIVERS_POOL, _REVIEWERS_POOL)
        own, other = pools if role is Role.DRIVER else pools[::-1]
        self._pool_id, self._other_pool_id = target.output(own), target.output(other)

    def refuse_both_sides(self, name: str) -> None:
        """Raise PersonRefused if the person would send photos and also decide on photos."""
        try:
            self._cognito.admin_get_user(UserPoolId=self._other_pool_id, Username=name)
        except self._cognito.exceptions.UserNotFoundException:
            return
        side = "decides on" if self._role is Role.DRIVER else "sends"
        raise PersonRefused(
            f"{name} {side} photos already, and no person may both send photos and decide on "
            "them. Choose another name."
        )

    def create(self, name: str) -> bool:
        """Create the person; False if the pool has a person of this name."""
        try:
            self._cognito.admin_create_user(
                UserPoolId=self._pool_id,
                Username=name,
                TemporaryPassword=new_password(),
                MessageAction="SUPPRESS",  # the pool has no address: the operator hands it over
            )
        except self._cognito.exceptions.UsernameExistsException:
            return False
        return True

    def groups(self, name: str) -> set[str]:
        """Return the groups that the person is in; none if the pool has no such person."""
        try:
            response = self._cognito.admin_list_groups_for_user(
                UserPoolId=self._pool_id, Username=name
            )
        except self._cognito.exceptions.UserNotFoundException:
            return set()
        return {group.get("GroupName", "") for group in response["Groups"]}

    def give_sign_in(self, name: str, *, password_stays: bool) -> tuple[SecondFactor | None, str]:
        """Set up the second factor that the role needs, and then set and return a password."""
        factor = None
        if self._role.has_second_factor:
            factor = ReviewersPool(self._target).set_up(name)
        password = new_password()
        self._cognito.admin_set_user_password(
            UserPoolId=self._pool_id, Username=name, Password=password, Permanent=password_stays
        )
        return factor, password

    def add_to_group(self, name: str) -> None:
        self._cognito.admin_add_user_to_group(
            UserPoolId=self._pool_id, Username=name, GroupName=_GROUPS[self._role]
        )

    def sign_out(self, name: str) -> None:
        """Revoke all refresh tokens; an access token remains valid for its hour at most."""
        self._cognito.admin_user_global_sign_out(UserPoolId=self._pool_id, Username=name)


def _record_reset(target: Target, name: str) -> None:
    item: dict[str, object] = {
        ReviewerAttribute.KIND: "factor_reset",
        ReviewerAttribute.NAME: f"{stamp(datetime.now(UTC))}#{name}",
        ReviewerAttribute.RESET_BY: target.session.client("sts").get_caller_identity()["Arn"],
    }
    target.session.client("dynamodb").put_item(
        TableName=target.output("ReviewersTable"), Item=item_of(item)
    )
