"""The HTTP API: a route for every operation, scopes on those that are not public, and sign-in."""

from typing import Any

import msgspec

from handlers.http_api.auth import DRIVERS, POOL_OF_SCOPE, REVIEWERS
from handlers.http_api.contract.drivers import OPERATIONS as DRIVERS_OPERATIONS
from handlers.http_api.contract.drivers_schemas import DriverAssignment
from handlers.http_api.contract.every_operation import EVERY_OPERATION
from infra.config import STAGES
from tests.infra.template import Template, readable

BY_KEY = {operation.route_key: operation for operation in EVERY_OPERATION}


def routes_of(pipeline: Template) -> dict[str, dict[str, Any]]:
    routes = pipeline.of_type("AWS::ApiGatewayV2::Route").values()
    return {route["RouteKey"]: route for route in routes}


def test_every_operation_has_its_route_and_every_route_its_operation(pipeline: Template) -> None:
    assert routes_of(pipeline).keys() == BY_KEY.keys()


def authorizers_of(pipeline: Template) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return logical id and configuration by pool."""
    resources = pipeline.of_type("AWS::ApiGatewayV2::Authorizer").items()
    return {
        authorizer["Name"]: (logical_id, authorizer["JwtConfiguration"])
        for logical_id, authorizer in resources
    }


def clients_of(pipeline: Template) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return logical id and properties by the last part of the name."""
    clients = pipeline.of_type("AWS::Cognito::UserPoolClient").items()
    return {client["ClientName"].rsplit("-")[-1]: (key, client) for key, client in clients}


APPS = {"driversapp": DRIVERS, "reviewerspage": REVIEWERS}


def test_a_route_requires_the_scope_and_the_pool_of_its_operation(pipeline: Template) -> None:
    authorizers = authorizers_of(pipeline)
    for key, route in routes_of(pipeline).items():
        operation = BY_KEY[key]
        if operation.scope is None:
            assert route["AuthorizationType"] == "NONE"
            continue
        assert route["AuthorizationType"] == "JWT"
        assert route["AuthorizationScopes"] == [operation.scope]
        logical_id, _ = authorizers[POOL_OF_SCOPE[operation.scope]]
        assert route["AuthorizerId"] == {"Ref": logical_id}
        assert operation.groups, f"no group may call {operation.name}"


def test_the_document_lists_every_vehicle_and_order_range_of_the_stages() -> None:
    _, components = msgspec.json.schema_components([DriverAssignment])
    listed = components["DriverAssignment"]["properties"]
    for config in STAGES.values():
        ranges = config.order_ranges
        assert set(ranges) <= set(listed["vehicle"]["enum"])
        assert set(ranges.values()) <= set(listed["order_range"]["enum"])


def test_only_the_page_and_the_document_are_public() -> None:
    public = {operation.path for operation in EVERY_OPERATION if operation.scope is None}
    assert public == {"/openapi.json", "/review", "/review/{asset}"}
    assert all(item.method == "GET" for item in EVERY_OPERATION if item.scope is None)


def test_every_route_is_throttled_as_its_operation_declares(pipeline: Template) -> None:
    stage = pipeline.only("AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    for key, operation in BY_KEY.items():
        limits = stage["RouteSettings"][key]
        assert limits["ThrottlingRateLimit"] == operation.per_second
        assert limits["ThrottlingBurstLimit"] == operation.burst


def test_every_call_is_logged_without_tokens(pipeline: Template) -> None:
    settings = pipeline.only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]
    assert settings["DestinationArn"]
    assert "$context.routeKey" in settings["Format"]
    assert "uthorization" not in settings["Format"]


def test_an_authorizer_accepts_tokens_of_its_pools_app_only(pipeline: Template) -> None:
    authorizers, clients = authorizers_of(pipeline), clients_of(pipeline)
    assert authorizers.keys() == set(APPS.values())
    for app, pool in APPS.items():
        logical_id, client = clients[app]
        _, jwt = authorizers[pool]
        assert client["UserPoolId"] == {"Ref": f"{pool.capitalize()}Pool"}
        assert readable(jwt["Issuer"]).endswith(f"amazonaws.com/<{pool.capitalize()}Pool>")
        assert jwt["Audience"] == [{"Ref": logical_id}]


def test_apps_have_no_secret_and_get_tokens_by_code_grant_only(pipeline: Template) -> None:
    clients = clients_of(pipeline)
    for app in APPS:
        _, client = clients[app]
        assert client["GenerateSecret"] is False
        assert client["AllowedOAuthFlows"] == ["code"]
        assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
        assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_the_client_of_provisioning_can_be_used_only_with_rights_of_iam(
    pipeline: Template,
) -> None:
    clients = clients_of(pipeline)
    assert clients.keys() == {*APPS, "provisioning"}
    _, client = clients["provisioning"]
    assert client["UserPoolId"] == {"Ref": "ReviewersPool"}
    assert client["ExplicitAuthFlows"] == ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    assert not client.get("AllowedOAuthFlowsUserPoolClient")
    assert not client.get("AllowedOAuthFlows")


def test_an_app_can_request_the_scopes_of_its_api_only(pipeline: Template) -> None:
    clients = clients_of(pipeline)
    for app, pool in APPS.items():
        _, client = clients[app]
        scopes = [scope for scope, of_pool in POOL_OF_SCOPE.items() if of_pool == pool]
        assert client["AllowedOAuthScopes"] == ["openid", *scopes]


def test_only_administrators_create_users(pipeline: Template) -> None:
    pools = pipeline.of_type("AWS::Cognito::UserPool")
    assert pools.keys() == {"DriversPool", "ReviewersPool"}
    for pool in pools.values():
        assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
        assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
        assert pool["UsernameConfiguration"] == {"CaseSensitive": False}
    groups = pipeline.of_type("AWS::Cognito::UserPoolGroup").values()
    assert {group["GroupName"] for group in groups} == {
        group for operation in EVERY_OPERATION for group in operation.groups
    }


def test_who_decides_on_photos_needs_a_second_factor(pipeline: Template) -> None:
    pools = pipeline.of_type("AWS::Cognito::UserPool")
    groups = pipeline.of_type("AWS::Cognito::UserPoolGroup").values()
    deciding = {
        group for item in EVERY_OPERATION if "drivers" not in item.groups for group in item.groups
    }
    for group in groups:
        if group["GroupName"] in deciding:
            pool = pools[group["UserPoolId"]["Ref"]]
            assert pool["MfaConfiguration"] == "ON"
            assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]


def test_every_api_has_a_function_and_a_role_of_its_own(pipeline: Template) -> None:
    roles = {readable(pipeline.function(name)["Role"]) for name in ("drivers", "reviews", "page")}
    assert len(roles) == 3


def test_api_and_sign_in_can_have_custom_domains(
    pipeline: Template,
) -> None:
    parameters = pipeline.body["Parameters"]
    for name in ("ApiUrl", "DriversSignInUrl", "ReviewersSignInUrl"):
        assert parameters[name]["Default"] == ""


def test_a_repeated_post_gets_no_upload_permission_that_has_expired() -> None:
    create_upload = next(item for item in DRIVERS_OPERATIONS if item.name == "create_upload")
    assert create_upload.remembered_s <= 300
