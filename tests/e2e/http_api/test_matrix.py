"""Authorization: every route of the API, called as every identity, on the emulator.

pytest -s tests/e2e/http_api/test_matrix.py   prints the table
"""

import uuid
from typing import Any

import httpx
import pytest

from handlers.aws.dynamodb import item_of
from handlers.http_api.auth import DRIVERS, POOL_OF_SCOPE, REVIEWERS
from handlers.http_api.contract.every_operation import EVERY_OPERATION
from handlers.http_api.operations import Operation
from tests.e2e.http_api.conftest import DRIVE, IDENTITIES, LEAD, REVIEW, ApiStage
from tests.e2e.http_api.signing_in import claims_of
from tests.handlers.drivers_api.ledger import a_row

pytestmark = pytest.mark.e2e

UNKNOWN = {"no token", "expired", "tampered", "unsigned"}
BODIES: dict[str, Any] = {
    "create_upload": {"content_type": "image/jpeg"},
    "contest_photo": {},
    "next_review": {},
    "extend_review": {"lease_id": "0" * 32},
    "give_verdict": {"lease_id": "0" * 32, "decision_seq": 0, "verdict": "bicycle"},
    "skip_review": {"lease_id": "0" * 32},
    "release_review": {"lease_id": "0" * 32},
    "undo_verdict": {"decision_seq": 1},
}


@pytest.fixture(scope="module")
def photo(api_stage: ApiStage) -> dict[str, Any]:
    """Store a photo of Dora with its assignment, and return its row."""
    row = a_row(driver="dora", upload="u1")
    shared = ("driver_id", "vehicle", "order_range", "valid_until", "decided_by", "photo_id")
    order = f"{row['uploaded_at']}#{row['photo_id']}"
    assignment = {**{name: row[name] for name in shared}, "photo_order": order}
    dynamodb = api_stage.stage.client("dynamodb")
    for table, item in (("PhotosTable", row), ("AssignmentsTable", assignment)):
        dynamodb.put_item(TableName=api_stage.stage.outputs[table], Item=item_of(item))
    return row


def request(
    api_stage: ApiStage, operation: Operation, photo: dict[str, Any], token: str
) -> httpx.Response:
    path = operation.path.format(
        photo_id=photo["photo_id"], upload_id=photo["upload_id"], asset="config.json"
    )
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if operation.name == "get_image":
        path += f"?lease_id={'0' * 32}"
    if operation.method == "POST":
        headers["Idempotency-Key"] = str(uuid.uuid4())
        return api_stage.http.post(path, headers=headers, json=BODIES[operation.name])
    return api_stage.http.get(path, headers=headers)


def expected(operation: Operation, who: str, token: str, pools: dict[str, str]) -> set[int]:
    """Derive the statuses from the operation, and the identity's pool, scopes and groups.

    `pools` has the pool by the client id of its app.
    """
    if operation.scope is None:
        return {200}
    claims = {} if who in UNKNOWN else claims_of(token)
    client = claims.get("client_id") or claims.get("aud", "")
    if pools.get(client) != POOL_OF_SCOPE[operation.scope]:
        return {401}
    if operation.scope not in claims.get("scope", "").split():
        return {403}
    if not set(operation.groups) & set(claims.get("cognito:groups", [])):
        return {403}
    if operation.scope == DRIVE:
        is_of_other_driver = operation.path_parameters and who == "other driver"
        return {404} if is_of_other_driver else {200, 201}
    # The photo has no open review: the call is authorized, and refused for that reason.
    return {404, 409, 410} if operation.path_parameters else {200}


def test_every_route_authorizes_exactly_the_expected_identities(
    api_stage: ApiStage, photo: dict[str, Any]
) -> None:
    table: dict[str, dict[str, int]] = {}
    wrong = []
    visitors = api_stage.visitors
    pools = {
        visitors.drivers_app.client_id: DRIVERS,
        visitors.reviewers_page.client_id: REVIEWERS,
    }
    for operation in EVERY_OPERATION:
        row = table.setdefault(operation.route_key, {})
        for who, token in api_stage.tokens.items():
            response = request(api_stage, operation, photo, token)
            row[who] = response.status_code
            if response.status_code not in expected(operation, who, token, pools):
                wrong.append((operation.route_key, who, response.status_code, response.text[:200]))
    print(formatted(table))  # noqa: T201 # with -s
    assert not wrong
    assert len(table) == len(EVERY_OPERATION)
    assert tuple(api_stage.tokens) == IDENTITIES


def formatted(table: dict[str, dict[str, int]]) -> str:
    identities = list(next(iter(table.values())))
    width = max(map(len, table))
    lines = [" " * width + " " + " ".join(f"{who[:10]:>10}" for who in identities)]
    for route, row in table.items():
        lines.append(f"{route:{width}} " + " ".join(f"{row[who]:>10}" for who in identities))
    return "\n".join(["", *lines, f"{len(table)} routes x {len(identities)} identities"])


def test_the_api_has_these_routes_and_no_other(api_stage: ApiStage) -> None:
    gateway = api_stage.stage.client("apigatewayv2")
    routes = gateway.get_routes(ApiId=api_stage.stage.outputs["ApiId"])["Items"]
    assert {route["RouteKey"] for route in routes} == {
        operation.route_key for operation in EVERY_OPERATION
    }
    assert api_stage.http.get("/photos/x/y/z").status_code == 404


def test_sign_in_requires_pkce_and_the_apps_scopes_and_address(api_stage: ApiStage) -> None:
    app = api_stage.visitors.drivers_app
    for changed in (
        {"redirect_uri": "https://evil.example.com/"},
        {"scope": f"openid {REVIEW}"},
        {"scope": f"openid {DRIVE} {LEAD}"},
        {"code_challenge_method": "plain"},
        {"client_id": "unknown"},
    ):
        response = api_stage.visitors.authorize(app, f"openid {DRIVE}", "c" * 43, changed)
        location = response.headers.get("location", "")
        assert response.status_code == 400 or "error=" in location, changed
    code = api_stage.visitors.code("dora", app, f"openid {DRIVE}", "v" * 43)
    assert api_stage.visitors.redeem(app, code, "w" * 43).status_code == 400


def test_the_form_accepts_only_the_permitted_upload(api_stage: ApiStage) -> None:
    headers = {"Authorization": f"Bearer {api_stage.tokens['driver']}"}
    permission = api_stage.http.post(
        "/uploads",
        headers={**headers, "Idempotency-Key": str(uuid.uuid4())},
        json={"content_type": "image/jpeg", "order_id": "o-7"},
    ).json()

    def post(data: bytes, **changed: str) -> int:
        return httpx.post(
            permission["url"],
            data={**permission["fields"], **changed},
            files={"file": ("p.jpg", data, "image/jpeg")},
            trust_env=False,
        ).status_code

    assert post(b"x", key="intake/dan/other.jpg") == 403
    assert post(b"x", **{"Content-Type": "text/html"}) == 403
    assert post(b"x", **{"x-amz-meta-order-id": "o-8"}) == 403
    assert post(b"") == 400
    assert post(b"x" * (permission["max_bytes"] + 1)) == 400
    assert post(b"not a photo, which Serialize refuses") == 204
    stored = api_stage.stage.client("s3").head_object(
        Bucket=api_stage.stage.outputs["IntakeBucket"], Key=permission["fields"]["key"]
    )
    assert stored["Metadata"] == {"order-id": "o-7"}
