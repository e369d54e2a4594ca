"""The caller: the claims that the gateway's JWT authorizer has verified.

The scope says what the app asked for, the group what the person is. Hosted sign-in grants any scope
of the client to every user, so both are required (the gateway checks the scope, this code both).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from handlers.domain.ledger.identity import CANARY_DRIVER
from handlers.http_api.problems import FORBIDDEN, Problem

DRIVERS, REVIEWERS, LEADS = "drivers", "reviewers", "leads"
DRIVE, REVIEW, LEAD = "scones/drive", "scones/review", "scones/lead"
# The user pool whose apps may ask for a scope; leads are in the pool of the reviewers.
POOL_OF_SCOPE = {DRIVE: DRIVERS, REVIEW: REVIEWERS, LEAD: REVIEWERS}

# As a segment of an object key: no slash, no dot in front (see `identity.Sender`).
_USABLE_NAME = re.compile(r"[a-z0-9_@+=,-][a-z0-9_@+=,.-]{0,127}")

RESERVED_NAMES = frozenset(
    {
        CANARY_DRIVER,  # of the photos that try a deployment
        "dropbox",  # driver of the files at the top of a drop folder
        "model",  # `decided_by` of an automatic decision
        "unknown",  # what tools show for a photo without a driver
    }
)
"""Names that mean something in the ledger or in tools, so that no person may have them."""


def user_name(name: str) -> str | None:
    """Return the one spelling of a user name, in lower case; None if no person may have it.

    The user pools take `Anna` and `anna` as the same name, but object keys and the ledger do not.
    """
    folded = name.lower() if name.isascii() else name
    is_usable = _USABLE_NAME.fullmatch(folded) and folded not in RESERVED_NAMES
    return folded if is_usable else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person with a verified access token."""

    name: str  # the user name in lower case: driver id or reviewer id
    groups: frozenset[str]
    scopes: frozenset[str]
    # The pool's random id of the user: logs have it in place of the name, and it means nothing once
    # the user is deleted. Empty if the token has none.
    account: str = ""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:  # Any: the gateway's event
        """Raises: Problem, if the verified token is not an access token of a person."""
        authorizer = event.get("requestContext", {}).get("authorizer") or {}
        claims = (authorizer.get("jwt") or {}).get("claims") or {}
        claim = claims.get("username")
        if claims.get("token_use") != "access" or not isinstance(claim, str):
            raise Problem(FORBIDDEN, "Sign in and send the access token, not another one.")
        name = user_name(claim)
        if name is None:
            raise Problem(FORBIDDEN, "This user name cannot be used here; ask for another one.")
        return cls(
            name=name,
            account=str(claims.get("sub", "")),
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
