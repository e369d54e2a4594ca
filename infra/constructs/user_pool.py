"""Sign-in: a user pool with groups, the scopes of an API, and the clients of its apps."""

from dataclasses import dataclass

from aws_cdk import Aws, Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from handlers.http_api.auth import (
    DRIVE,
    DRIVERS,
    LEAD,
    LEADS,
    POOL_OF_SCOPE,
    REVIEW,
    REVIEWERS,
)
from infra.config import StageConfig
from infra.constructs.resource import acknowledge, pin_logical_id, removal_policy, resource_of

_OPENID = "openid"
_SCOPES = {
    DRIVE: "Send photos and see the decisions about them",
    REVIEW: "Decide on photos",
    LEAD: "See the agreement between reviewers",
}
_ACCESS_TOKEN_VALIDITY = Duration.hours(1)
_PROVISIONING_TOKEN_VALIDITY = Duration.minutes(5)  # the shortest that Cognito allows


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSpec:
    """Who is in a pool, and whether they need a second factor to sign in."""

    name: str  # as in `POOL_OF_SCOPE`
    groups: dict[str, str]  # with what their members may do
    needs_second_factor: bool


DRIVERS_POOL = PoolSpec(
    name=DRIVERS,
    groups={DRIVERS: "May send photos and see the decisions about their own."},
    needs_second_factor=False,
)
# A pool of their own, because a pool requires a second factor of all its users or of none.
REVIEWERS_POOL = PoolSpec(
    name=REVIEWERS,
    groups={
        REVIEWERS: "May decide on photos of which the model was not sure.",
        LEADS: "Reviewers who may also see the agreement between reviewers.",
    },
    needs_second_factor=True,
)


class UserPool(Construct):
    """A user pool to which only administrators add people, its groups and its scopes.

    The clients of the apps are public (a phone, a page) and therefore have no secret: code grant
    with PKCE.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, spec: PoolSpec
    ) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self._spec = spec
        self.pool = self._add_pool()
        for name, description in spec.groups.items():
            cognito.UserPoolGroup(
                self,
                f"Group{name.capitalize()}",
                user_pool=self.pool,
                group_name=name,
                description=description,
            )
        self._scopes = self._add_resource_server()
        domain = cognito.UserPoolDomain(
            self,
            "Domain",
            user_pool=self.pool,
            cognito_domain=cognito.CognitoDomainOptions(
                # The prefix must be unique within a region; the account's number makes it so.
                domain_prefix=(
                    f"scones-{config.stage}-{spec.name}-{config.account or Aws.ACCOUNT_ID}"
                )
            ),
        )
        region = config.region or Aws.REGION
        self.hosted_url = f"https://{domain.domain_name}.auth.{region}.amazoncognito.com"
        self.issuer = f"https://cognito-idp.{region}.amazonaws.com/{self.pool.user_pool_id}"

    def _add_pool(self) -> cognito.UserPool:
        pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,  # people are provisioned: `scones provision`
            sign_in_aliases=cognito.SignInAliases(username=True),
            sign_in_case_sensitive=False,  # `Anna` and `anna` are one driver, not two
            account_recovery=cognito.AccountRecovery.NONE,  # a lead resets: no email is stored
            # The sign-in page lets users set up a second factor only where it is required.
            mfa=cognito.Mfa.REQUIRED if self._spec.needs_second_factor else cognito.Mfa.OFF,
            mfa_second_factor=(
                cognito.MfaSecondFactor(sms=False, otp=True)
                if self._spec.needs_second_factor
                else None
            ),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(7),
            ),
            removal_policy=removal_policy(self._config),
            deletion_protection=self._config.is_durable,
        )
        pin_logical_id(pool, f"{self._spec.name.capitalize()}Pool")
        if not self._spec.needs_second_factor:
            acknowledge(pool, "COG2", "Drivers see and send their own photos, and decide nothing.")
        acknowledge(pool, "COG3", "Threat protection needs a plan that is priced by user.")
        acknowledge(pool, "COG8", "The Plus plan is priced by user; Essentials has what is used.")
        return pool

    def _add_resource_server(self) -> cognito.UserPoolResourceServer:
        identifier = DRIVE.split("/", maxsplit=1)[0]
        return cognito.UserPoolResourceServer(
            self,
            "Scopes",
            user_pool=self.pool,
            identifier=identifier,
            scopes=[
                cognito.ResourceServerScope(
                    scope_name=name.removeprefix(f"{identifier}/"), scope_description=description
                )
                for name, description in _SCOPES.items()
                if POOL_OF_SCOPE[name] == self._spec.name
            ],
        )

    def add_client(
        self,
        name: str,
        *,
        scopes: tuple[str, ...],
        callback_urls: list[str],
        logout_urls: list[str],
        session_duration: Duration,
    ) -> cognito.UserPoolClient:
        """Add an app that may request these scopes.

        A scope does not identify the user's role: the API checks the groups at every call.
        `session_duration` is how long the app may refresh its tokens without a new sign-in.
        """
        client = cognito.UserPoolClient(
            self,
            name,
            user_pool=self.pool,
            user_pool_client_name=f"scones-{self._config.stage}-{name.lower()}",
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=_ACCESS_TOKEN_VALIDITY,
            id_token_validity=_ACCESS_TOKEN_VALIDITY,
            refresh_token_validity=session_duration,
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.custom(scope) for scope in (_OPENID, *scopes)],
                callback_urls=callback_urls,
                logout_urls=logout_urls,
            ),
        )
        # Hosted sign-in only: an app that handles passwords itself gets no token.
        resource_of(client, cognito.CfnUserPoolClient).explicit_auth_flows = [
            "ALLOW_REFRESH_TOKEN_AUTH"
        ]
        client.node.add_dependency(self._scopes)
        return client

    def add_provisioning_client(self) -> cognito.UserPoolClient:
        """Add the client by which operators sign in for a new person, to set up the second factor.

        It takes part in no hosted sign-in, only in calls that IAM permits. The API's authorizers do
        not accept its tokens.
        """
        client = cognito.UserPoolClient(
            self,
            "Provisioning",
            user_pool=self.pool,
            user_pool_client_name=f"scones-{self._config.stage}-provisioning",
            generate_secret=False,
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=_PROVISIONING_TOKEN_VALIDITY,
            id_token_validity=_PROVISIONING_TOKEN_VALIDITY,
            refresh_token_validity=Duration.hours(1),
        )
        resource_of(client, cognito.CfnUserPoolClient).explicit_auth_flows = [
            "ALLOW_ADMIN_USER_PASSWORD_AUTH"
        ]
        return client
