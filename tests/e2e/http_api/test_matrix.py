"""Who may do what: every route of the API as everybody, on the emulator.

pytest -s tests/e2e/http_api/test_matrix.py   prints the table
"""

import uuid
from typing import Any

import httpx
import pytest

from handlers.aws.dynamodb import item_of
from handlers.http_api.contract.every_operation import EVERY_OPERATION
from handlers.http_api.operations import Operation
from tests.e2e.http_api.conftest import DRIVE, IDENTITIES, LEAD, REVIEW, Town
from tests.e2e.http_api.signing_in import claims_of
from tests.handlers.drivers_api.ledger import a_row

pytestmark = pytest.mark.e2e

UNKNOWN = {"nobody", "expired", "tampered", "unsigned"}
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
def photo(town: Town) -> dict[str, Any]:
    """Of Dora, with the assignment that it led to."""
    row = a_row(driver="dora", upload="u1")
    shared = ("driver_id", "vehicle", "order_range", "valid_until", "decided_by", "photo_id")
    order = f"{row['uploaded_at']}#{row['photo_id']}"
    assignment = {**{name: row[name] for name in shared}, "photo_order": order}
    dynamodb = town.stage.client("dynamodb")
    for table, item in (("PhotosTable", row), ("AssignmentsTable", assignment)):
        dynamodb.put_item(TableName=town.stage.outputs[table], Item=item_of(item))
    return row


def ask(town: Town, operation: Operation, photo: dict[str, Any], token: str) -> httpx.Response:
    path = operation.path.format(
        photo_id=photo["photo_id"], upload_id=photo["upload_id"], asset="config.json"
    )
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if operation.name == "get_image":
        path += f"?lease_id={'0' * 32}"
    if operation.method == "POST":
        headers["Idempotency-Key"] = str(uuid.uuid4())
        return town.http.post(path, headers=headers, json=BODIES[operation.name])
    return town.http.get(path, headers=headers)


def expected(operation: Operation, who: str, token: str) -> set[int]:
    """Read off the operation: public, unknown, without the scope, without the group, or let in."""
    if operation.scope is None:
        return {200}
    if who in UNKNOWN:
        return {401}
    claims = claims_of(token)
    if operation.scope not in claims.get("scope", "").split():
        return {403}
    if not set(operation.groups) & set(claims.get("cognito:groups", [])):
        return {403}
    if operation.scope == DRIVE:
        strangers_own = operation.path_parameters and who == "other driver"
        return {404} if strangers_own else {200, 201}
    # Nobody holds the photo's review, since there is none: let in, and told so.
    return {404, 409, 410} if operation.path_parameters else {200}


def test_every_route_lets_in_whom_it_should(town: Town, photo: dict[str, Any]) -> None:
    table: dict[str, dict[str, int]] = {}
    wrong = []
    for operation in EVERY_OPERATION:
        row = table.setdefault(operation.route_key, {})
        for who, token in town.tokens.items():
            answer = ask(town, operation, photo, token)
            row[who] = answer.status_code
            if answer.status_code not in expected(operation, who, token):
                wrong.append((operation.route_key, who, answer.status_code, answer.text[:200]))
    print(shown(table))  # noqa: T201 # with -s
    assert not wrong
    assert len(table) == len(EVERY_OPERATION)
    assert tuple(town.tokens) == IDENTITIES


def shown(table: dict[str, dict[str, int]]) -> str:
    whos = list(next(iter(table.values())))
    width = max(map(len, table))
    lines = [" " * width + " " + " ".join(f"{who[:10]:>10}" for who in whos)]
    for route, row in table.items():
        lines.append(f"{route:{width}} " + " ".join(f"{row[who]:>10}" for who in whos))
    return "\n".join(["", *lines, f"{len(table)} routes x {len(whos)} identities"])


def test_the_api_has_these_routes_and_no_other(town: Town) -> None:
    gateway = town.stage.client("apigatewayv2")
    routes = gateway.get_routes(ApiId=town.stage.outputs["ApiId"])["Items"]
    assert {route["RouteKey"] for route in routes} == {
        operation.route_key for operation in EVERY_OPERATION
    }
    assert town.http.get("/photos/x/y/z").status_code == 404


def test_apps_are_held_to_pkce_their_scopes_and_their_address(town: Town) -> None:
    app = town.visitors.drivers_app
    for changed in (
        {"redirect_uri": "https://evil.example.com/"},
        {"scope": f"openid {REVIEW}"},
        {"scope": f"openid {DRIVE} {LEAD}"},
        {"code_challenge_method": "plain"},
        {"client_id": "unknown"},
    ):
        answer = town.visitors.authorize(app, f"openid {DRIVE}", "c" * 43, changed)
        location = answer.headers.get("location", "")
        assert answer.status_code == 400 or "error=" in location, changed
    code = town.visitors.code("dora", app, f"openid {DRIVE}", "v" * 43)
    assert town.visitors.redeem(app, code, "w" * 43).status_code == 400


def test_the_form_takes_the_photo_and_nothing_else(town: Town) -> None:
    headers = {"Authorization": f"Bearer {town.tokens['driver']}"}
    permit = town.http.post(
        "/uploads",
        headers={**headers, "Idempotency-Key": str(uuid.uuid4())},
        json={"content_type": "image/jpeg", "order_id": "o-7"},
    ).json()

    def post(data: bytes, **changed: str) -> int:
        return httpx.post(
            permit["url"],
            data={**permit["fields"], **changed},
            files={"file": ("p.jpg", data, "image/jpeg")},
            trust_env=False,
        ).status_code

    assert post(b"x", key="intake/dan/other.jpg") == 403
    assert post(b"x", **{"Content-Type": "text/html"}) == 403
    assert post(b"x", **{"x-amz-meta-order-id": "o-8"}) == 403
    assert post(b"") == 400
    assert post(b"x" * (permit["max_bytes"] + 1)) == 400
    assert post(b"no photo, but ours to refuse") == 204
    stored = town.stage.client("s3").head_object(
        Bucket=town.stage.outputs["IntakeBucket"], Key=permit["fields"]["key"]
    )
    assert stored["Metadata"] == {"order-id": "o-7"}
