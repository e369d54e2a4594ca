"""The caller: the claims that the gateway's JWT authorizer has verified.

The scope says what the app asked for, the group what the person is. Hosted sign-in grants any scope
of the client to every user, so both are required (the gateway checks the scope, this code both).
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
        """Raises: Problem, if the verified token is not an access token of a person."""
        authorizer = event.get("requestContext", {}).get("authorizer") or {}
        claims = (authorizer.get("jwt") or {}).get("claims") or {}
        name = claims.get("username")
        if claims.get("token_use") != "access" or not isinstance(name, str):
            raise Problem(FORBIDDEN, "Sign in and send the access token, not another one.")
        if not USABLE_NAME.fullmatch(name):
            raise Problem(FORBIDDEN, "This user name cannot be used here; ask for another one.")
        return cls(
            name=name,
            groups=frozenset(_split(claims.get("cognito:groups"))),
            scopes=frozenset(str(claims.get("scope", "")).split()),
        )

    def require(self, *, scope: str, groups: tuple[str, ...]) -> None:
        """Check scope and group membership (one of `groups`).

        Raises: Problem.
        """
        if scope not in self.scopes:
            raise Problem(FORBIDDEN, f"Sign in again, and ask for the scope {scope}.")
        if not self.groups.intersection(groups):
            raise Problem(FORBIDDEN, f"This is for {' and '.join(groups)} only.")


def _split(claim: object) -> list[str]:
    """Split a claim: the gateway passes a list on as text, `[drivers leads]`."""
    if isinstance(claim, list):
        return [str(name) for name in claim]
    return str(claim or "").strip("[]").replace(",", " ").split()


ANONYMOUS = Caller(name="", groups=frozenset(), scopes=frozenset())
"""The caller of a public operation."""
