"""The second factor of reviewers and leads: set up for a person, and the codes that it makes.

Codes are those of authenticator apps: RFC 6238 with SHA-1, 30 seconds and six digits.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyotp

from infra.operations.errors import PersonRefused

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import AdminRespondToAuthChallengeResponseTypeDef

    from infra.operations.target import Target

_STEP_S = 30
_PASSWORD_LENGTH = 20
_SYMBOLS = "!#%+,-.:=?@_"  # without those that a shell or a form would interpret


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """What an authenticator app needs to make a person's codes."""

    secret: str  # base32
    uri: str  # otpauth://…, which apps also read as a QR code

    @classmethod
    def of(cls, secret: str, *, name: str, stage: str) -> SecondFactor:
        """Return the factor with the address under which apps list it."""
        uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=f"Scones {stage}")
        return cls(secret=secret, uri=uri)

    def code(self, at: datetime) -> str:
        """Return the code of the 30 seconds that `at` is in."""
        return pyotp.TOTP(self.secret).at(at)

    def unused_code(self, now: datetime) -> tuple[str, datetime]:
        """Return a code that setting up has not used, and until when the laptop's pool accepts it.

        It is the code of the next 30 seconds: no code is accepted twice, and the pool also accepts
        the one before and the one after the current code.
        """
        next_step = int(now.timestamp()) // _STEP_S + 1
        until = datetime.fromtimestamp((next_step + 2) * _STEP_S, UTC)
        return self.code(datetime.fromtimestamp(next_step * _STEP_S, UTC)), until


class ReviewersPool:
    """Sets up the second factor in the pool that requires it, by a first sign-in for the person."""

    def __init__(self, target: Target) -> None:
        self._cognito: CognitoIdentityProviderClient = target.session.client("cognito-idp")
        self._pool_id = target.output("ReviewersPoolId")
        self._client_id = target.output("ProvisioningClientId")
        self._stage = target.stage

    def set_up(self, name: str) -> SecondFactor:
        """Make another secret for an existing person; the former one makes no valid code any more.

        The password is an unknown one afterwards.

        Raises: PersonRefused, ClientError.
        """
        response = self._sign_in(name)
        if response.get("ChallengeName") == "SOFTWARE_TOKEN_MFA":
            self._cognito.admin_delete_software_token(UserPoolId=self._pool_id, Username=name)
            response = self._sign_in(name)
        if response.get("ChallengeName") != "MFA_SETUP":
            raise PersonRefused("the user pool requires no second factor: deploy the stage again.")
        associated = self._cognito.associate_software_token(Session=response["Session"])
        factor = SecondFactor.of(associated["SecretCode"], name=name, stage=self._stage)
        session = self._verify(associated["Session"], factor.code(datetime.now(UTC)))
        self._respond(name, "MFA_SETUP", session, {})
        self._cognito.admin_set_user_mfa_preference(
            UserPoolId=self._pool_id,
            Username=name,
            SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
        )
        return factor

    def _sign_in(self, name: str) -> AdminRespondToAuthChallengeResponseTypeDef:
        """Sign in with a new password and return the challenge that follows it."""
        password = new_password()
        self._cognito.admin_set_user_password(
            UserPoolId=self._pool_id, Username=name, Password=password, Permanent=False
        )
        response = self._cognito.admin_initiate_auth(
            UserPoolId=self._pool_id,
            ClientId=self._client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
        return self._respond(
            name, "NEW_PASSWORD_REQUIRED", response["Session"], {"NEW_PASSWORD": new_password()}
        )

    def _verify(self, session: str, code: str) -> str:
        errors = self._cognito.exceptions
        try:
            return self._cognito.verify_software_token(Session=session, UserCode=code)["Session"]
        except (errors.EnableSoftwareTokenMFAException, errors.CodeMismatchException) as error:
            raise PersonRefused(
                "the user pool refused the first code: set this machine's clock right, then run "
                "this again."
            ) from error

    def _respond(
        self, name: str, challenge: str, session: str, responses: dict[str, str]
    ) -> AdminRespondToAuthChallengeResponseTypeDef:
        return self._cognito.admin_respond_to_auth_challenge(
            UserPoolId=self._pool_id,
            ClientId=self._client_id,
            ChallengeName=challenge,  # type: ignore[arg-type] # the names of this module
            ChallengeResponses={"USERNAME": name, **responses},
            Session=session,
        )


def new_password() -> str:
    """Return a password with at least one character of every kind that the pools require."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
    chosen = [secrets.choice(kind) for kind in kinds]
    chosen += [secrets.choice("".join(kinds)) for _ in range(_PASSWORD_LENGTH - len(kinds))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)
