"""The HTTP API: one route for every operation, with its scope and throttle.

Built from the operations that the handlers declare, so that gateway, OpenAPI document and code
agree.
"""

from collections.abc import Iterable

from aws_cdk import Duration, Fn, Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from handlers.http_api.auth import DRIVE, DRIVERS, LEAD, POOL_OF_SCOPE, REVIEW, REVIEWERS
from handlers.http_api.operations import Operation
from infra.config import StageConfig
from infra.constructs.custom_domains import url_parameter
from infra.constructs.exact_json import exact_json
from infra.constructs.functions import HandlerFunction
from infra.constructs.idempotency_table import IdempotencyTable
from infra.constructs.resource import acknowledge, vended_log_group_for
from infra.constructs.user_pool import DRIVERS_POOL, REVIEWERS_POOL, UserPool
from monitoring import metric_names as names

_PER_SECOND, _BURST = 50, 100  # of routes without limits of their own
_GATEWAY_TIMEOUT_MS = 29_000
PAGE_PATH = "/review"


class HttpApi(Construct):
    """The API, its user pools and authorizers; `add_operations` adds a function's routes."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self._drivers = UserPool(self, "Drivers", config=config, spec=DRIVERS_POOL)
        self._reviewers = UserPool(self, "Reviewers", config=config, spec=REVIEWERS_POOL)
        self.api = gateway.CfnApi(
            self,
            "Api",
            name=f"scones-{config.stage}",
            description="The API of the drivers' app and of the review page.",
            protocol_type="HTTP",
            cors_configuration=_cors(config),
        )
        region = Stack.of(self).region
        default_url = f"https://{self.api.ref}.execute-api.{region}.amazonaws.com"
        self.url = url_parameter(
            self, "ApiUrl", default_url, "URL of a custom domain of the API, if it has one."
        )
        self.drivers_sign_in_url = url_parameter(
            self,
            "DriversSignInUrl",
            self._drivers.hosted_url,
            "URL of a custom domain of the drivers' sign-in page, if it has one.",
        )
        self.reviewers_sign_in_url = url_parameter(
            self,
            "ReviewersSignInUrl",
            self._reviewers.hosted_url,
            "URL of a custom domain of the reviewers' sign-in page, if it has one.",
        )
        page = f"{self.url}{PAGE_PATH}"
        self.drivers_client = self._drivers.add_client(
            "DriversApp",
            scopes=(DRIVE,),
            callback_urls=list(config.drivers_app_urls),
            logout_urls=list(config.drivers_app_urls),
            session_duration=Duration.days(30),
        )
        self.reviewers_client = self._reviewers.add_client(
            "ReviewersPage",
            scopes=(REVIEW, LEAD),
            callback_urls=[page],
            logout_urls=[page],
            session_duration=Duration.hours(12),
        )
        self._provisioning_client = self._reviewers.add_provisioning_client()
        self._authorizers = {
            DRIVERS: self._add_authorizer(DRIVERS, self._drivers, self.drivers_client),
            REVIEWERS: self._add_authorizer(REVIEWERS, self._reviewers, self.reviewers_client),
        }
        self.idempotency_table = IdempotencyTable(self, "IdempotencyTable")
        self._stage = self._add_default_stage()

    def review_page_settings(self) -> dict[str, str]:
        """Return the environment of the review page's function; see `PageSettings`."""
        return {
            "authorize_url": f"{self.reviewers_sign_in_url}/oauth2/authorize",
            "token_url": f"{self.reviewers_sign_in_url}/oauth2/token",
            "logout_url": f"{self.reviewers_sign_in_url}/logout",
            "client_id": self.reviewers_client.user_pool_client_id,
            "scope": f"openid {REVIEW}",
            "api_base": "/",  # the API serves the page, so both have one origin
        }

    def outputs(self) -> dict[str, str]:
        """Return the stack outputs by which people and tools find the API."""
        return {
            "ApiId": self.api.ref,
            "ApiUrl": self.url,
            "DriversSignInAddress": self.drivers_sign_in_url,
            "DriversPoolId": self._drivers.pool.user_pool_id,
            "DriversClientId": self.drivers_client.user_pool_client_id,
            "ReviewersSignInAddress": self.reviewers_sign_in_url,
            "ReviewersPoolId": self._reviewers.pool.user_pool_id,
            "ReviewersClientId": self.reviewers_client.user_pool_client_id,
            "ProvisioningClientId": self._provisioning_client.user_pool_client_id,
        }

    def _add_authorizer(
        self, name: str, pool: UserPool, client: cognito.UserPoolClient
    ) -> gateway.CfnAuthorizer:
        return gateway.CfnAuthorizer(
            self,
            f"{name.capitalize()}Authorizer",
            api_id=self.api.ref,
            name=name,
            authorizer_type="JWT",
            identity_source=["$request.header.Authorization"],
            jwt_configuration=gateway.CfnAuthorizer.JWTConfigurationProperty(
                issuer=pool.issuer, audience=[client.user_pool_client_id]
            ),
        )

    def _add_default_stage(self) -> gateway.CfnStage:
        log_group = vended_log_group_for(self, self._config, source="apis")
        _count_throttled_calls(log_group, self._config)
        entries = {
            "request_id": "$context.requestId",
            "time": "$context.requestTime",
            "route": "$context.routeKey",
            "status": "$context.status",
            "latency_ms": "$context.responseLatency",
            # Not the user name: no single record of a log can be deleted.
            "account": "$context.authorizer.claims.sub",
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
                format=Stack.of(self).to_json_string(
                    exact_json(entries, what="the access log's format")
                ),
            ),
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=_PER_SECOND, throttling_burst_limit=_BURST
            ),
            route_settings={},
        )

    def add_operations(
        self, name: str, function: HandlerFunction, operations: Iterable[Operation]
    ) -> None:
        """Route these operations to the function, and allow only this API to invoke it."""
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
            self._add_route(operation, integration)
        if any(operation.method == "POST" for operation in operations):
            self.idempotency_table.connect(function)

    def _add_route(self, operation: Operation, integration: gateway.CfnIntegration) -> None:
        authorizer = self._authorizers[POOL_OF_SCOPE[operation.scope]] if operation.scope else None
        route = gateway.CfnRoute(
            self,
            "".join(word.capitalize() for word in operation.name.split("_")),
            api_id=self.api.ref,
            route_key=operation.route_key,
            target=Fn.join("/", ["integrations", integration.ref]),
            authorization_type="JWT" if authorizer else "NONE",
            authorizer_id=authorizer.ref if authorizer else None,
            authorization_scopes=[operation.scope] if operation.scope else None,
        )
        if authorizer is None:
            acknowledge(route, "APIG4", "Public on purpose: it holds only the app itself.")
        # A stage with settings of a route that does not exist yet is refused.
        self._stage.add_dependency(route)
        self._stage.add_property_override(
            # An escaped dot is part of the key: `GET /openapi.json`.
            "RouteSettings." + operation.route_key.replace(".", "\\."),
            {
                "ThrottlingRateLimit": operation.per_second,
                "ThrottlingBurstLimit": operation.burst,
            },
        )


def _count_throttled_calls(log_group: logs.LogGroup, config: StageConfig) -> None:
    """Publish a metric of calls over a route's limit: API Gateway counts them among all 4xx."""
    logs.MetricFilter(
        log_group,
        "Throttled",
        log_group=log_group,
        filter_pattern=logs.FilterPattern.string_value("$.status", "=", "429"),
        metric_namespace=names.namespace(config.stage),
        metric_name=names.API_THROTTLED,
        metric_value="1",
        default_value=0,
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
