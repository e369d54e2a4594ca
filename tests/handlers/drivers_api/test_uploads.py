"""Permission to upload: bound to the driver, to one key, to a type, a size and five minutes."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from handlers.domain.ledger.identity import Sender
from handlers.domain.ledger.uploads import EXTENSIONS, MAX_UPLOAD_BYTES, Permission
from handlers.domain.photo.wire_image import MAX_BYTES
from tests.handlers.api_client import DAN, DORA, INTAKE, Api
from tests.handlers.drivers_api.ledger import put_photo


def policy_of(form: dict[str, Any]) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(base64.b64decode(form["fields"]["policy"]))
    return policy


def test_a_permission_names_the_driver_of_the_token(api: Api) -> None:
    permission = api.post("/uploads", {"content_type": "image/jpeg"}, DORA)
    assert permission.status == 201
    sender = Sender.from_key(permission.body["fields"]["key"])
    assert sender == Sender(driver_id="dora", upload_id=permission.body["upload_id"])


def test_a_permission_is_limited_to_key_type_size_and_time(api: Api) -> None:
    permission = api.post("/uploads", {"content_type": "image/heic", "order_id": "o-7"}, DORA).body
    policy = policy_of(permission)
    assert {"key": permission["fields"]["key"]} in policy["conditions"]
    assert {"Content-Type": "image/heic"} in policy["conditions"]
    assert {"x-amz-meta-order-id": "o-7"} in policy["conditions"]
    assert {"bucket": INTAKE} in policy["conditions"]
    assert ["content-length-range", 1, MAX_BYTES] in policy["conditions"]
    assert permission["max_bytes"] == MAX_BYTES
    life = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert timedelta(minutes=4) < life <= timedelta(minutes=5)
    assert policy["expiration"][:16] == permission["expires_at"][:16]


def test_forms_have_the_signature_that_every_region_accepts(api: Api) -> None:
    fields = api.post("/uploads", {"content_type": "image/png"}, DORA).body["fields"]
    assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


def test_every_type_has_an_extension_and_the_limit_equals_that_of_the_wire_image() -> None:
    assert MAX_UPLOAD_BYTES == MAX_BYTES
    assert all(extension.isalnum() for extension in EXTENSIONS.values())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "missing required field `content_type`"),
        ({"content_type": "image/gif"}, "Invalid enum value 'image/gif' - at `$.content_type`"),
        ({"content_type": "image/gif"}, "content_type (image/heic | image/heif | image/jpeg |"),
        ({"content_type": ["image/png"]}, "Expected `str`, got `array` - at `$.content_type`"),
        ({"content_type": "image/png", "driver_id": "dan"}, "unknown field `driver_id`"),
        ({"content_type": "image/png", "driver_id": "dan"}, "order_id (optional)"),
        ({"content_type": "image/png", "order_id": "a\r\nb"}, "+$' - at `$.order_id`"),
        ({"content_type": "image/png", "order_id": "a\n"}, "+$' - at `$.order_id`"),
        ({"content_type": "image/png", "order_id": "x" * 65}, "length <= 64 - at `$.order_id`"),
        ({"content_type": "image/png", "retake_of": "../x"}, "length >= 64 - at `$.retake_of`"),
        (["content_type"], "Expected `object`, got `array`"),
    ],
)
def test_an_invalid_request_is_refused_with_the_field_and_the_reason(
    api: Api, body: object, expected: str
) -> None:
    response = api.post("/uploads", body, DORA)
    assert (response.status, response.code) == (400, "invalid_request")
    assert expected in response.body["detail"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="cut off"),
        pytest.param(b"nul", id="half a word"),
        pytest.param(b"[" * 10_000, id="deep array"),
        pytest.param(b'{"content_type":' * 900, id="deep object"),
        pytest.param(b'{"content_type": "image/png"} {}', id="two values"),
        pytest.param(b'{"content_type": NaN}', id="NaN"),
        pytest.param(b"\xff", id="not UTF-8"),
        pytest.param(b'{"content_type": "image/png", "order_id": "\\ud800"}', id="half a pair"),
        pytest.param(b'{"content_type": "image/png", "order_id": "\\udc00x"}', id="other half"),
    ],
)
def test_a_body_that_is_not_json_is_refused(api: Api, body: bytes) -> None:
    response = api.call("POST", "/uploads", DORA, body, {"idempotency-key": "k"})
    assert (response.status, response.code) == (400, "invalid_request")


def test_a_huge_body_is_refused(api: Api) -> None:
    body = json.dumps({"content_type": "image/png", "order_id": "x" * 20_000}).encode()
    response = api.call("POST", "/uploads", DORA, body, {"idempotency-key": "k"})
    assert (response.status, response.code) == (413, "request_too_large")


def test_an_upload_is_waiting_until_its_photo_arrives(api: Api) -> None:
    permission = api.post("/uploads", {"content_type": "image/jpeg"}, DORA).body
    path = f"/uploads/{permission['upload_id']}"
    assert api.get(path, DORA).body == {
        "upload_id": permission["upload_id"],
        "state": "waiting",
        "photo": None,
    }
    photo_id = put_photo(driver="dora", upload=permission["upload_id"], status="assigned")
    arrived = api.get(path, DORA).body
    assert arrived["state"] == "arrived"
    assert arrived["photo"]["photo_id"] == photo_id


def test_an_upload_that_can_no_longer_arrive_has_lapsed(api: Api) -> None:
    permission = Permission.grant(
        upload_id="old",
        driver_id="dora",
        content_type="image/png",
        order_id="",
        retake_of="",
        now=datetime.now(UTC) - timedelta(hours=1),
    )
    item = {name: {"S": str(value)} for name, value in permission.to_item(kept_days=1).items()}
    boto3.client("dynamodb").put_item(TableName="uploads", Item=item)
    assert api.get("/uploads/old", DORA).body["state"] == "lapsed"


def test_uploads_of_others_are_not_found(api: Api) -> None:
    upload_id = api.post("/uploads", {"content_type": "image/jpeg"}, DORA).body["upload_id"]
    assert api.get(f"/uploads/{upload_id}", DAN).status == 404
    put_photo(driver="dora", upload=upload_id, status="assigned")
    response = api.get(f"/uploads/{upload_id}", DAN)
    assert (response.status, response.code) == (404, "not_found")


def test_another_driver_with_the_same_upload_id_hides_no_photo(api: Api) -> None:
    mine = put_photo(driver="dora", upload="same", uploaded_at="2026-11-22T10:00:00Z")
    put_photo(driver="dan", upload="same", uploaded_at="2026-11-22T11:00:00Z")
    assert api.get("/uploads/same", DORA).body["photo"]["photo_id"] == mine


def test_a_retake_names_its_predecessor(api: Api) -> None:
    first = put_photo(driver="dora", upload="u1", status="rejected", reason="retake")
    body = {"content_type": "image/jpeg", "retake_of": first}
    permission = api.post("/uploads", body, DORA).body
    second = put_photo(driver="dora", upload=permission["upload_id"])
    assert api.get(f"/photos/{second}", DORA).body["retake_of"] == first
    assert api.get(f"/photos/{first}", DORA).body["retake_of"] is None


def test_a_retake_of_another_drivers_photo_is_refused(api: Api) -> None:
    theirs = put_photo(driver="dan", upload="u1", status="rejected", reason="retake")
    body = {"content_type": "image/jpeg", "retake_of": theirs}
    assert api.post("/uploads", body, DORA).code == "not_found"
