"""Who calls: the claims that the gateway's JWT authorizer has verified.

The scope says what the app asked for, the group what the person is: hosted sign-in grants any scope
of the client to anybody, so both are asked for (the gateway checks the scope, we check both).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from handlers.api.problems import FORBIDDEN, Problem

DRIVERS, REVIEWERS, LEADS = "drivers", "reviewers", "leads"
DRIVE, REVIEW, LEAD = "scones/drive", "scones/review", "scones/lead"

# As a segment of an object key: no slash, no dot in front (see `identity.Sender`).
USABLE_NAME = re.compile(r"[A-Za-z0-9_@+=,-][A-Za-z0-9_@+=,.-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person with a verified access token."""

    name: str  # the user name: driver id or reviewer id
    groups: frozenset[str]
    scopes: frozenset[str]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:  # Any: the gateway's event
        """Raises: Problem, where the authorizer let pass what is no access token of a person."""
        authorizer = event.get("requestContext", {}).get("authorizer") or {}
        claims = (authorizer.get("jwt") or {}).get("claims") or {}
        name = claims.get("username")
        if claims.get("token_use") != "access" or not isinstance(name, str):
            raise Problem(FORBIDDEN, "Sign in and send the access token, not another one.")
        if not USABLE_NAME.fullmatch(name):
            raise Problem(FORBIDDEN, "This user name cannot be used here; ask for another one.")
        return cls(
            name=name,
            groups=frozenset(_listed(claims.get("cognito:groups"))),
            scopes=frozenset(str(claims.get("scope", "")).split()),
        )

    def require(self, *, scope: str, groups: tuple[str, ...]) -> None:
        """Raises: Problem."""
        if scope not in self.scopes:
            raise Problem(FORBIDDEN, f"Sign in again, and ask for the scope {scope}.")
        if not self.groups.intersection(groups):
            raise Problem(FORBIDDEN, f"This is for {' and '.join(groups)} only.")


def _listed(claim: object) -> list[str]:
    """The gateway hands a list on as text: `[drivers leads]`."""
    if isinstance(claim, list):
        return [str(name) for name in claim]
    return str(claim or "").strip("[]").replace(",", " ").split()


ANYBODY = Caller(name="", groups=frozenset(), scopes=frozenset())
"""Who calls what is public."""
