"""Who may come in: people in three groups, and two apps that sign them in."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from handlers.api.auth import DRIVE, DRIVERS, LEAD, LEADS, REVIEW, REVIEWERS
from infra.config import StageConfig
from infra.constructs.nag import acknowledge
from infra.constructs.resource import pin_logical_id, removal_policy, resource_of

_OPENID = "openid"
_GROUPS = {
    DRIVERS: "May send photos and see what became of their own.",
    REVIEWERS: "May decide on photos that the model was not sure of.",
    LEADS: "Reviewers who may also see how far reviewers agree.",
}
_SCOPES = {
    DRIVE: "Send photos and see what became of them",
    REVIEW: "Decide on photos",
    LEAD: "See how far reviewers agree",
}
_ACCESS_LIFE = Duration.hours(1)


class Identity(Construct):
    """A user pool that only administrators fill, its groups and scopes, and an app client a door.

    The clients are public (a phone, a page) and therefore have no secret: code grant with PKCE.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self.pool = self._pool()
        for name, description in _GROUPS.items():
            cognito.UserPoolGroup(
                self,
                f"Group{name.capitalize()}",
                user_pool=self.pool,
                group_name=name,
                description=description,
            )
        self._server = self._resource_server()
        domain = cognito.UserPoolDomain(
            self,
            "Domain",
            user_pool=self.pool,
            cognito_domain=cognito.CognitoDomainOptions(
                # The name is taken in a whole region; the account's number makes it ours.
                domain_prefix=f"scones-{config.stage}-{config.account or Aws.ACCOUNT_ID}"
            ),
        )
        region = config.region or Aws.REGION
        self.hosted_url = f"https://{domain.domain_name}.auth.{region}.amazoncognito.com"

    def _pool(self) -> cognito.UserPool:
        pool = cognito.UserPool(
            self,
            "People",
            self_sign_up_enabled=False,  # people are provisioned: `scones provision`
            sign_in_aliases=cognito.SignInAliases(username=True),
            sign_in_case_sensitive=False,  # `Anna` and `anna` are one driver, not two
            account_recovery=cognito.AccountRecovery.NONE,  # a lead resets: there is no address
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
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
        pin_logical_id(pool, "People")
        acknowledge(
            pool, "COG2", "A second factor is offered; drivers' phones cannot all have one."
        )
        acknowledge(pool, "COG3", "Threat protection is priced by user; a setting of the plan.")
        acknowledge(pool, "COG8", "The Plus plan is priced by user; Essentials has what is used.")
        return pool

    def _resource_server(self) -> cognito.UserPoolResourceServer:
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
            ],
        )

    def client(
        self,
        name: str,
        *,
        scopes: tuple[str, ...],
        signed_in_at: list[str],
        signed_out_at: list[str],
        stays_signed_in: Duration,
    ) -> cognito.UserPoolClient:
        """An app that may ask for these scopes; who uses it is asked for at each call (groups)."""
        client = cognito.UserPoolClient(
            self,
            name,
            user_pool=self.pool,
            user_pool_client_name=f"scones-{self._config.stage}-{name.lower()}",
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=_ACCESS_LIFE,
            id_token_validity=_ACCESS_LIFE,
            refresh_token_validity=stays_signed_in,
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.custom(scope) for scope in (_OPENID, *scopes)],
                callback_urls=signed_in_at,
                logout_urls=signed_out_at,
            ),
        )
        # Hosted sign-in only: an app that handles passwords itself gets no token of ours.
        resource_of(client, cognito.CfnUserPoolClient).explicit_auth_flows = [
            "ALLOW_REFRESH_TOKEN_AUTH"
        ]
        client.node.add_dependency(self._server)
        return client
