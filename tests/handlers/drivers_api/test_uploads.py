"""Permission to upload: bound to the driver, to one key, to a type, a size and five minutes."""

import base64
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from handlers.aws.uploads_table import UploadsTable, UsedPermissions
from handlers.domain.ledger.identity import Sender
from handlers.domain.ledger.schema import UPLOADS
from handlers.domain.ledger.uploads import (
    DUPLICATE_UPLOAD,
    EXTENSIONS,
    MAX_UPLOAD_BYTES,
    HourlyCount,
    Permission,
)
from handlers.domain.photo.wire_image import MAX_BYTES
from tests.handlers.api_client import DAN, DORA, INTAKE, Api, ApiResponse, Person
from tests.handlers.drivers_api.ledger import put_photo
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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


def test_an_upload_shows_the_photo_that_used_its_permission(api: Api) -> None:
    permission = api.post("/uploads", {"content_type": "image/jpeg"}, DORA).body
    upload_id, key = permission["upload_id"], permission["fields"]["key"]
    first = put_photo(driver="dora", upload=upload_id, uploaded_at="2026-11-22T10:00:00Z")
    put_photo(
        driver="dora",
        upload=upload_id,
        uploaded_at="2026-11-22T10:00:01Z",
        status="rejected",
        reason=DUPLICATE_UPLOAD,
    )
    table = UsedPermissions(boto3.client("dynamodb"), table="uploads")
    assert table.use(upload_id, key=key, photo_id=first)
    assert api.get(f"/uploads/{upload_id}", DORA).body["photo"]["photo_id"] == first


@pytest.fixture
def three_an_hour(monkeypatch: pytest.MonkeyPatch, api: Api) -> Api:
    """The API, where a driver has three permissions an hour."""
    monkeypatch.setenv("UPLOADS_PER_HOUR", "3")
    return api


def ask(api: Api, person: Person) -> ApiResponse:
    return api.post("/uploads", {"content_type": "image/jpeg"}, person)


def test_a_driver_who_has_had_all_permissions_waits_for_the_next_hour(three_an_hour: Api) -> None:
    assert [ask(three_an_hour, DORA).status for _ in range(3)] == [201] * 3
    refused = ask(three_an_hour, DORA)
    assert (refused.status, refused.code) == (429, "too_many_uploads")
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert ask(three_an_hour, DAN).status == 201  # drivers do not share a count


def test_a_repeated_request_and_a_refused_one_count_once_and_not_at_all(
    three_an_hour: Api,
) -> None:
    body = {"content_type": "image/jpeg"}
    for _ in range(5):
        assert three_an_hour.post("/uploads", body, DORA, key="same").status == 201
    for _ in range(5):
        assert three_an_hour.post("/uploads", body | {"retake_of": "0" * 64}, DORA).status == 404
    assert [ask(three_an_hour, DORA).status for _ in range(3)] == [201, 201, 429]


def test_a_count_is_no_upload(three_an_hour: Api) -> None:
    ask(three_an_hour, DORA)
    key = HourlyCount.at(datetime.now(UTC), driver_id="dora").key
    assert three_an_hour.get(f"/uploads/{quote(key, safe='')}", DORA).status == 404


_HOUR = datetime(2026, 11, 22, 10, tzinfo=UTC)
_MOMENTS = st.tuples(st.sampled_from(["dora", "dan"]), st.integers(0, 3 * 3600 - 1))


@given(requests=st.lists(_MOMENTS, max_size=24), limit=st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_no_driver_has_more_permissions_in_an_hour_than_the_limit(
    requests: list[tuple[str, int]], limit: int
) -> None:
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        dynamodb = boto3.client("dynamodb")
        create_table(dynamodb, UPLOADS, "uploads")
        table = UploadsTable(dynamodb, table="uploads", kept_days=1)
        asked: Counter[tuple[str, int]] = Counter()
        granted: Counter[tuple[str, int]] = Counter()
        for driver_id, second in requests:
            hourly = HourlyCount.at(_HOUR + timedelta(seconds=second), driver_id=driver_id)
            asked[driver_id, second // 3600] += 1
            granted[driver_id, second // 3600] += table.count(hourly, limit=limit)
        assert granted == {key: min(limit, number) for key, number in asked.items()}


class _Interleaved:
    """A client of DynamoDB that runs another request in front of every write.

    That is the worst order that two concurrent requests can have: whatever the code read before
    its write is out of date by then.
    """

    def __init__(self, dynamodb: "DynamoDBClient", before_write: Callable[[], object]) -> None:
        self._dynamodb = dynamodb
        self._before_write = before_write

    def __getattr__(self, name: str) -> Any:
        if name in {"update_item", "put_item", "transact_write_items"}:
            self._before_write()
        return getattr(self._dynamodb, name)


@pytest.mark.usefixtures("api")
def test_concurrent_requests_share_the_last_permission_of_the_hour() -> None:
    dynamodb, hourly = boto3.client("dynamodb"), HourlyCount.at(_HOUR, driver_id="dora")
    other = UploadsTable(dynamodb, table="uploads", kept_days=1)
    granted: list[bool] = []
    interleaved: Any = _Interleaved(dynamodb, lambda: granted.append(other.count(hourly, limit=1)))
    granted.append(UploadsTable(interleaved, table="uploads", kept_days=1).count(hourly, limit=1))
    assert granted == [True, False]


@pytest.mark.usefixtures("api")
def test_of_two_versions_at_the_same_moment_one_uses_the_permission(api: Api) -> None:
    permission = ask(api, DORA).body
    upload_id, key = permission["upload_id"], permission["fields"]["key"]
    dynamodb, used = boto3.client("dynamodb"), []
    other = UsedPermissions(dynamodb, table="uploads")
    interleaved: Any = _Interleaved(
        dynamodb, lambda: used.append(other.use(upload_id, key=key, photo_id="b"))
    )
    table = UsedPermissions(interleaved, table="uploads")
    used.append(table.use(upload_id, key=key, photo_id="a"))
    assert used == [True, False]
