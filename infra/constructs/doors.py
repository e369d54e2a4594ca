"""The HTTP API: one route for every operation, a scope on every route but the public ones.

Made of the operations that the handlers declare, so that gateway, API document and code agree.
"""

from collections.abc import Iterable

from aws_cdk import Duration, Fn, Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from handlers.api.auth import DRIVE, LEAD, REVIEW
from handlers.api.operations import Operation
from infra.config import StageConfig
from infra.constructs.addresses import address
from infra.constructs.functions import HandlerFunction
from infra.constructs.identity import Identity
from infra.constructs.nag import acknowledge
from infra.constructs.requests import Requests
from infra.constructs.resource import log_group_for

_PER_SECOND, _BURST = 50, 100  # of any route that does not say otherwise
_GATEWAY_TIMEOUT_MS = 29_000
PAGE_PATH = "/review"


class Doors(Construct):
    """The gateway with its authorizer; `open` adds the operations of one function."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, identity: Identity
    ) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self._identity = identity
        self.api = gateway.CfnApi(
            self,
            "Api",
            name=f"scones-{config.stage}",
            description="The drivers' and the reviewers' door.",
            protocol_type="HTTP",
            cors_configuration=_cors(config),
        )
        region = Stack.of(self).region
        own_url = f"https://{self.api.ref}.execute-api.{region}.amazonaws.com"
        self.url = address(
            self, "DoorUrl", own_url, "Where people reach the API: a domain of your own, if any."
        )
        self.sign_in_url = address(
            self, "SignInUrl", identity.hosted_url, "Where people sign in, if at your own domain."
        )
        page = f"{self.url}{PAGE_PATH}"
        self.drivers_client = identity.client(
            "DriversApp",
            scopes=(DRIVE,),
            signed_in_at=list(config.drivers_app_urls),
            signed_out_at=list(config.drivers_app_urls),
            stays_signed_in=Duration.days(30),
        )
        self.reviewers_client = identity.client(
            "ReviewersPage",
            scopes=(REVIEW, LEAD),
            signed_in_at=[page],
            signed_out_at=[page],
            stays_signed_in=Duration.hours(12),
        )
        self._authorizer = self._authorize(identity)
        self._requests = Requests(self, "Requests")
        self._stage = self._default_stage()

    def settings_of_page(self) -> dict[str, str]:
        """Where the reviewers' page signs people in; see `PageSettings`."""
        return {
            "authorize_url": f"{self.sign_in_url}/oauth2/authorize",
            "token_url": f"{self.sign_in_url}/oauth2/token",
            "logout_url": f"{self.sign_in_url}/logout",
            "client_id": self.reviewers_client.user_pool_client_id,
            "scope": f"openid {REVIEW}",
            "api_base": "/",  # the page comes from the API's own origin
        }

    def outputs(self) -> dict[str, str]:
        """What people and tools find the doors by."""
        return {
            "ApiId": self.api.ref,
            "ApiUrl": self.url,
            "SignInAddress": self.sign_in_url,
            "UserPoolId": self._identity.pool.user_pool_id,
            "DriversClientId": self.drivers_client.user_pool_client_id,
            "ReviewersClientId": self.reviewers_client.user_pool_client_id,
        }

    def _authorize(self, identity: Identity) -> gateway.CfnAuthorizer:
        clients = (self.drivers_client, self.reviewers_client)
        region = Stack.of(self).region
        return gateway.CfnAuthorizer(
            self,
            "Authorizer",
            api_id=self.api.ref,
            name="people",
            authorizer_type="JWT",
            identity_source=["$request.header.Authorization"],
            jwt_configuration=gateway.CfnAuthorizer.JWTConfigurationProperty(
                issuer=f"https://cognito-idp.{region}.amazonaws.com/{identity.pool.user_pool_id}",
                audience=[client.user_pool_client_id for client in clients],
            ),
        )

    def _default_stage(self) -> gateway.CfnStage:
        log_group = log_group_for(self, self._config)
        entries = {
            "request_id": "$context.requestId",
            "time": "$context.requestTime",
            "route": "$context.routeKey",
            "status": "$context.status",
            "latency_ms": "$context.responseLatency",
            "caller": "$context.authorizer.claims.username",
            "refused_because": "$context.authorizer.error",
            "address": "$context.identity.sourceIp",
        }
        return gateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.ref,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group.log_group_arn,
                format=Stack.of(self).to_json_string(entries),
            ),
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=_PER_SECOND, throttling_burst_limit=_BURST
            ),
            route_settings={},
        )

    def open(self, name: str, function: HandlerFunction, operations: Iterable[Operation]) -> None:
        """Let the function answer these operations, and no other API or route call it."""
        lambda_.CfnPermission(
            self,
            f"{name}Permission",
            action="lambda:InvokeFunction",
            function_name=function.function.function_arn,
            principal="apigateway.amazonaws.com",
            source_arn=Stack.of(self).format_arn(
                service="execute-api", resource=self.api.ref, resource_name="*"
            ),
        )
        integration = gateway.CfnIntegration(
            self,
            f"{name}Integration",
            api_id=self.api.ref,
            integration_type="AWS_PROXY",
            integration_uri=function.function.function_arn,
            payload_format_version="2.0",
            timeout_in_millis=_GATEWAY_TIMEOUT_MS,
        )
        for operation in operations:
            self._route(operation, integration)
        if any(operation.method == "POST" for operation in operations):
            self._requests.serve(function)

    def _route(self, operation: Operation, integration: gateway.CfnIntegration) -> None:
        scoped = operation.scope is not None
        route = gateway.CfnRoute(
            self,
            "".join(word.capitalize() for word in operation.name.split("_")),
            api_id=self.api.ref,
            route_key=operation.route_key,
            target=Fn.join("/", ["integrations", integration.ref]),
            authorization_type="JWT" if scoped else "NONE",
            authorizer_id=self._authorizer.ref if scoped else None,
            authorization_scopes=[operation.scope] if operation.scope else None,
        )
        if not scoped:
            acknowledge(route, "APIG4", "Public on purpose: it holds nothing but the app itself.")
        # A stage with settings of a route that does not stand yet is refused.
        self._stage.add_dependency(route)
        self._stage.add_property_override(
            # An escaped dot belongs to the key: `GET /openapi.json`.
            "RouteSettings." + operation.route_key.replace(".", "\\."),
            {
                "ThrottlingRateLimit": operation.per_second,
                "ThrottlingBurstLimit": operation.burst,
            },
        )


def _cors(config: StageConfig) -> gateway.CfnApi.CorsProperty | None:
    if not config.cors_origins:
        return None
    return gateway.CfnApi.CorsProperty(
        allow_origins=list(config.cors_origins),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type", "idempotency-key"],
        max_age=600,
    )
