"""The HTTP API: a route for every operation, scopes on those that are not public, and sign-in."""

from typing import Any

from handlers.http_api.contract.drivers import OPERATIONS as DRIVERS_OPERATIONS
from handlers.http_api.contract.every_operation import EVERY_OPERATION
from tests.infra.template import Template, readable

BY_KEY = {operation.route_key: operation for operation in EVERY_OPERATION}


def routes_of(pipeline: Template) -> dict[str, dict[str, Any]]:
    routes = pipeline.of_type("AWS::ApiGatewayV2::Route").values()
    return {route["RouteKey"]: route for route in routes}


def test_every_operation_has_its_route_and_every_route_its_operation(pipeline: Template) -> None:
    assert routes_of(pipeline).keys() == BY_KEY.keys()


def test_a_route_requires_the_scope_of_its_operation(pipeline: Template) -> None:
    (authorizer,) = pipeline.of_type("AWS::ApiGatewayV2::Authorizer")
    for key, route in routes_of(pipeline).items():
        operation = BY_KEY[key]
        if operation.scope is None:
            assert route["AuthorizationType"] == "NONE"
            continue
        assert route["AuthorizationType"] == "JWT"
        assert route["AuthorizationScopes"] == [operation.scope]
        assert route["AuthorizerId"] == {"Ref": authorizer}
        assert operation.groups, f"no group may call {operation.name}"


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


def test_the_authorizer_accepts_tokens_of_the_user_pool_and_its_two_apps_only(
    pipeline: Template,
) -> None:
    jwt = pipeline.only("AWS::ApiGatewayV2::Authorizer")["JwtConfiguration"]
    assert readable(jwt["Issuer"]).endswith("amazonaws.com/<People>")
    clients = pipeline.of_type("AWS::Cognito::UserPoolClient")
    assert {item["Ref"] for item in jwt["Audience"]} == clients.keys()


def test_apps_have_no_secret_and_get_tokens_by_code_grant_only(pipeline: Template) -> None:
    for client in pipeline.of_type("AWS::Cognito::UserPoolClient").values():
        assert client["GenerateSecret"] is False
        assert client["AllowedOAuthFlows"] == ["code"]
        assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
        assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_an_app_can_request_the_scopes_of_its_api_only(pipeline: Template) -> None:
    clients = pipeline.of_type("AWS::Cognito::UserPoolClient").values()
    by_app = {client["ClientName"].rsplit("-")[-1]: client for client in clients}
    assert by_app["driversapp"]["AllowedOAuthScopes"] == ["openid", "scones/drive"]
    assert by_app["reviewerspage"]["AllowedOAuthScopes"] == [
        "openid",
        "scones/review",
        "scones/lead",
    ]


def test_only_administrators_create_users(pipeline: Template) -> None:
    pool = pipeline.only("AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    groups = pipeline.of_type("AWS::Cognito::UserPoolGroup").values()
    assert {group["GroupName"] for group in groups} == {
        group for operation in EVERY_OPERATION for group in operation.groups
    }


def test_every_api_has_a_function_and_a_role_of_its_own(pipeline: Template) -> None:
    roles = {readable(pipeline.function(name)["Role"]) for name in ("drivers", "reviews", "page")}
    assert len(roles) == 3


def test_api_and_sign_in_can_have_custom_domains(
    pipeline: Template,
) -> None:
    parameters = pipeline.body["Parameters"]
    assert {"ApiUrl", "SignInUrl"} <= parameters.keys()
    assert all(parameters[name]["Default"] == "" for name in ("ApiUrl", "SignInUrl"))


def test_a_repeated_post_gets_no_upload_permission_that_has_expired() -> None:
    create_upload = next(item for item in DRIVERS_OPERATIONS if item.name == "create_upload")
    assert create_upload.remembered_s <= 300
