"""A client of both APIs in this process: it does what the gateway does, and moto stands for AWS."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import boto3
import pytest

from handlers.domain.ledger.schema import TABLES
from handlers.drivers_api import dependencies as drivers_dependencies
from handlers.drivers_api import handler as drivers_handler
from handlers.http_api import idempotency
from handlers.http_api.auth import DRIVE, DRIVERS, LEAD, LEADS, REVIEW, REVIEWERS
from handlers.reviews_api import dependencies as reviews_dependencies
from handlers.reviews_api import handler as reviews_handler
from tests.handlers.domain.decision.test_policy import POLICY
from tests.tables import create_table

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

Json = dict[str, Any]
Handler = Callable[[Json, "LambdaContext"], Json]

# By the first segment of the path.
HANDLERS: Mapping[str, Handler] = {
    "uploads": drivers_handler.lambda_handler,
    "photos": drivers_handler.lambda_handler,
    "assignment": drivers_handler.lambda_handler,
    "openapi.json": drivers_handler.lambda_handler,
    "reviews": reviews_handler.lambda_handler,
}
INTAKE = "intake-bucket"
SIGN_IN = {
    DRIVERS: "https://drivers.signin.example.com",
    REVIEWERS: "https://reviewers.signin.example.com",
}


@dataclass(frozen=True, kw_only=True)
class Person:
    """A verified token, as the gateway passes it to a function."""

    name: str
    groups: tuple[str, ...]
    scopes: tuple[str, ...]
    token_use: str = "access"  # noqa: S105 # not a secret

    @property
    def claims(self) -> Json:
        return {
            "username": self.name,
            "token_use": self.token_use,
            "scope": " ".join(self.scopes),
            "cognito:groups": f"[{' '.join(self.groups)}]",
        }


DORA = Person(name="dora", groups=(DRIVERS,), scopes=("openid", DRIVE))
DAN = Person(name="dan", groups=(DRIVERS,), scopes=("openid", DRIVE))
RITA = Person(name="rita", groups=(REVIEWERS,), scopes=("openid", REVIEW))
LENA = Person(name="lena", groups=(LEADS,), scopes=("openid", REVIEW, LEAD))


@dataclass(frozen=True, kw_only=True)
class ApiResponse:
    """The gateway's response to the caller."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.data)

    @property
    def code(self) -> str:
        """The code of a problem document."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.body["status"] == self.status
        code: str = self.body["code"]
        return code


@dataclass(kw_only=True)
class Api:
    """Calls the function of an operation with the gateway's event."""

    context: "LambdaContext"
    keys: int = field(default=0)

    def get(self, path: str, person: Person) -> ApiResponse:
        return self.call("GET", path, person)

    def post(
        self, path: str, body: object, person: Person, *, key: str | None = None
    ) -> ApiResponse:
        self.keys += 1
        headers = {"idempotency-key": key or f"key-{self.keys}"}
        return self.call("POST", path, person, json.dumps(body).encode(), headers)

    def call(
        self,
        method: str,
        path: str,
        person: Person | None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> ApiResponse:
        bare, _, query = path.partition("?")
        event = {
            "version": "2.0",
            "routeKey": f"{method} {bare}",
            "rawPath": unquote(bare),
            "rawQueryString": query,
            "queryStringParameters": _parameters(query),
            "headers": {"content-type": "application/json", **(headers or {})},
            "requestContext": {
                "http": {"method": method, "path": bare, "sourceIp": "192.0.2.1"},
                "requestId": "r",
                "stage": "$default",
                "authorizer": {"jwt": {"claims": person.claims}} if person else {},
            },
            "isBase64Encoded": True,
            "body": base64.b64encode(body).decode(),
        }
        response = HANDLERS[bare.split("/")[1]](event, self.context)
        data = response.get("body") or ""
        decoded = base64.b64decode(data) if response.get("isBase64Encoded") else data.encode()
        return ApiResponse(status=response["statusCode"], headers=response["headers"], data=decoded)


def _parameters(query: str) -> Json:
    """Join repeated parameters by commas, as API Gateway does."""
    values: Json = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Create the resources and the environment that the stack gives both functions."""
    dynamodb = boto3.client("dynamodb")
    for schema in TABLES:
        create_table(dynamodb, schema, schema.name.lower())
    boto3.client("s3").create_bucket(Bucket=INTAKE)
    queue = boto3.client("sqs").create_queue(QueueName="review")["QueueUrl"]
    boto3.client("ssm").put_parameter(Name="/policy", Value=POLICY, Type="String")
    boto3.client("secretsmanager").create_secret(Name="salt", SecretString="salt")
    environment = {
        "REQUESTS_TABLE": "requests",
        "INTAKE_BUCKET": INTAKE,
        "UPLOADS_TABLE": "uploads",
        "UPLOAD_RETENTION_DAYS": "90",
        "UPLOADS_PER_HOUR": "10000",
        "PHOTOS_TABLE": "photos",
        "ASSIGNMENTS_TABLE": "assignments",
        "REVIEWERS_TABLE": "reviewers",
        "REVIEW_QUEUE_URL": queue,
        "DRIVERS_SIGN_IN_URL": SIGN_IN[DRIVERS],
        "REVIEWERS_SIGN_IN_URL": SIGN_IN[REVIEWERS],
        "POLICY_PARAMETER": "/policy",
        "AUDIT_SALT_SECRET": "salt",
        "ASSIGNMENT_VALID_HOURS": "16",
        "REVIEW_LEASE_S": "120",
        "UNDO_WINDOW_S": "120",
        "BLIND_SHARE": "0",
        "SECOND_SHARE": "0",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for module in (idempotency, drivers_dependencies, reviews_dependencies):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
