"""One permission is one photo, and a driver has a limited number of them in an hour."""

import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from handlers.aws.dynamodb import plain
from infra.config import stage_config
from infra.operations.users import Role
from tests.e2e.http_api.conftest import DRIVE, ApiStage
from tests.pictures import a_jpeg

pytestmark = pytest.mark.e2e

WITHIN_S = 120.0
LIMIT = stage_config("local").uploads_per_hour


def headers_of(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}


def ask(api_stage: ApiStage, token: str) -> httpx.Response:
    body = {"content_type": "image/jpeg"}
    return api_stage.http.post("/uploads", headers=headers_of(token), json=body)


def token_of(api_stage: ApiStage, name: str) -> str:
    api_stage.visitors.let_in(name, Role.DRIVER)
    return api_stage.visitors.access(name, api_stage.visitors.drivers_app, DRIVE)


def outcomes_of(api_stage: ApiStage, driver: str, count: int) -> list[dict[str, Any]]:
    """Wait until the ledger has that many photos of the driver with an outcome."""
    deadline = time.monotonic() + WITHIN_S
    rows: list[dict[str, Any]] = []
    while time.monotonic() < deadline:
        response = api_stage.stage.client("dynamodb").query(
            TableName=api_stage.stage.outputs["PhotosTable"],
            IndexName="by_driver",
            KeyConditionExpression="driver_id = :driver",
            ExpressionAttributeValues={":driver": {"S": driver}},
        )
        rows = [row for row in map(plain, response["Items"]) if row["status"] != "received"]
        if len(rows) == count:
            return rows
        time.sleep(0.2)
    pytest.fail(f"{count} outcomes expected: {rows}")


def test_a_form_that_is_posted_again_gives_one_photo_and_duplicates(api_stage: ApiStage) -> None:
    token = token_of(api_stage, "doro")
    permission = ask(api_stage, token).json()
    for _ in range(3):
        photo = {"file": ("p.jpg", a_jpeg((320, 240)), "image/jpeg")}
        posted = httpx.post(
            permission["url"], data=permission["fields"], files=photo, trust_env=False
        )
        assert posted.status_code == 204
    rows = outcomes_of(api_stage, "doro", 3)
    duplicates = [row for row in rows if row.get("reason") == "duplicate_upload"]
    assert [row["status"] for row in duplicates] == ["rejected"] * 2
    (used,) = [row for row in rows if row not in duplicates]
    upload = api_stage.http.get(f"/uploads/{permission['upload_id']}", headers=headers_of(token))
    assert upload.json()["photo"]["photo_id"] == used["photo_id"]


def test_concurrent_requests_of_a_driver_get_no_more_than_the_limit(api_stage: ApiStage) -> None:
    token, other = token_of(api_stage, "dina"), token_of(api_stage, "dirk")
    left_s = 3600 - time.time() % 3600
    time.sleep(left_s if left_s < 30 else 0)  # all of them in one hour
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(lambda _: ask(api_stage, token), range(LIMIT + 8)))
    assert Counter(response.status_code for response in responses) == {201: LIMIT, 429: 8}
    refused = next(response for response in responses if response.status_code == 429)
    assert refused.json()["code"] == "too_many_uploads"
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert ask(api_stage, other).status_code == 201
