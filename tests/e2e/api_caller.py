"""Calls a function of the API directly, with verified claims in the event."""

import base64
import json
import uuid
from dataclasses import dataclass
from typing import Any

from infra.local.stage.stage import LocalStage

Json = dict[str, Any]  # JSON


@dataclass(frozen=True, kw_only=True)
class ApiResponse:
    """The response of the function, decoded."""

    status: int
    body: Any  # JSON, or bytes
    headers: dict[str, str]


class ApiCaller:
    """One signed-in person; not thread-safe."""

    def __init__(
        self, stage: LocalStage, name: str, *, function: str, scope: str, groups: str
    ) -> None:
        self._lambda = stage.client("lambda")
        self._function = function
        self.name = name
        self._claims = {
            "username": name,
            "token_use": "access",
            "scope": scope,
            "cognito:groups": f"[{groups}]",
        }

    def get(self, path: str) -> ApiResponse:
        return self._call("GET", path, None, "")

    def post(self, path: str, body: Json, *, key: str | None = None) -> ApiResponse:
        return self._call("POST", path, body, key or str(uuid.uuid4()))

    def _call(self, method: str, path: str, body: Json | None, key: str) -> ApiResponse:
        bare, _, query = path.partition("?")
        event = {
            "version": "2.0",
            "routeKey": f"{method} {bare}",
            "rawPath": bare,
            "rawQueryString": query,
            "headers": {"idempotency-key": key, "content-type": "application/json"},
            "queryStringParameters": dict(pair.split("=") for pair in query.split("&") if pair),
            "requestContext": {
                "http": {"method": method, "path": bare},
                "stage": "$default",
                "requestId": str(uuid.uuid4()),
                "authorizer": {"jwt": {"claims": self._claims, "scopes": None}},
            },
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        invocation = self._lambda.invoke(FunctionName=self._function, Payload=json.dumps(event))
        response = json.loads(invocation["Payload"].read())
        assert "statusCode" in response, response
        data = response.get("body") or ""
        parsed: Any = (
            base64.b64decode(data) if response.get("isBase64Encoded") else json.loads(data)
        )
        return ApiResponse(
            status=response["statusCode"], body=parsed, headers=response.get("headers", {})
        )
