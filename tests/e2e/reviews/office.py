"""Reviewers as the API's function sees them: calls with verified claims, and what they led to."""

import base64
import json
import uuid
from dataclasses import dataclass
from typing import Any

from infra.local.stage.stage import LocalStage

Json = dict[str, Any]  # JSON


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the gateway would hand on."""

    status: int
    body: Any  # JSON, or bytes
    headers: dict[str, str]


class Reviewer:
    """One signed-in person. Every thread has its own."""

    def __init__(self, stage: LocalStage, name: str, *, groups: str = "reviewers") -> None:
        self._lambda = stage.client("lambda")
        self._function = stage.outputs["ReviewsFunction"]
        self.name = name
        self._claims = {
            "username": name,
            "token_use": "access",
            "scope": "scones/review scones/lead",
            "cognito:groups": f"[{groups}]",
        }

    def get(self, path: str) -> Answer:
        return self._call("GET", path, None, "")

    def post(self, path: str, body: Json, *, key: str | None = None) -> Answer:
        return self._call("POST", path, body, key or str(uuid.uuid4()))

    def next(self) -> Json | None:
        answer = self.post("/reviews/next", {})
        assert answer.status == 200, answer
        review: Json | None = answer.body["review"]
        return review

    def verdict(self, review: Json, verdict: str, *, key: str | None = None) -> Answer:
        body = {
            "lease_id": review["lease_id"],
            "decision_seq": review["decision_seq"],
            "verdict": verdict,
        }
        return self.post(f"/reviews/{review['photo_id']}/verdict", body, key=key)

    def _call(self, method: str, path: str, body: Json | None, key: str) -> Answer:
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
        given = self._lambda.invoke(FunctionName=self._function, Payload=json.dumps(event))
        answer = json.loads(given["Payload"].read())
        assert "statusCode" in answer, answer
        data = answer.get("body") or ""
        parsed: Any = base64.b64decode(data) if answer.get("isBase64Encoded") else json.loads(data)
        return Answer(status=answer["statusCode"], body=parsed, headers=answer.get("headers", {}))
