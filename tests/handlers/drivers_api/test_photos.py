"""What drivers see of their photos, and how they contest a decision."""

import json
from typing import Any

import boto3
import pytest

from tests.handlers.api_client import DAN, DORA, Api
from tests.handlers.drivers_api.ledger import put_photo, row_of

SINCE = "2026-11-22T12:00:{:02d}Z"


def messages() -> list[dict[str, Any]]:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="review")["QueueUrl"]
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in received]


def test_an_assigned_photo_is_shown_with_its_assignment(api: Api) -> None:
    photo_id = put_photo(driver="dora", upload="u1")
    assert api.get(f"/photos/{photo_id}", DORA).body == {
        "photo_id": photo_id,
        "upload_id": "u1",
        "status": "assigned",
        "reason": None,
        "vehicle": "bicycle",
        "order_range": "nearby",
        "valid_until": "2026-11-23T04:00:00Z",
        "uploaded_at": "2026-11-22T12:00:00Z",
        "updated_at": "2026-11-22T12:00:00Z",
        "is_contested": False,
        "can_be_contested": True,
        "retake_of": None,
    }


@pytest.mark.parametrize(
    ("row", "code", "expected"),
    [
        ({"status": "in_review"}, "being_checked", "colleague"),
        (
            {"status": "rejected", "reason": "not_a_photo", "message": "Not a photo."},
            *["not_a_photo", "Not a photo."],
        ),
        ({"status": "rejected", "reason": "no_vehicle"}, "no_vehicle", "vehicle"),
        (
            {"status": "failed", "reason": "Lambda.Unknown", "cause": "secret"},
            "on_our_side",
            "our side",
        ),
    ],
)
def test_reasons_are_stable_codes_with_a_sentence(
    api: Api, row: dict[str, str], code: str, expected: str
) -> None:
    photo_id = put_photo(driver="dora", upload="u1", **row)
    reason = api.get(f"/photos/{photo_id}", DORA).body["reason"]
    assert reason["code"] == code
    assert expected in reason["sentence"]


def test_an_audited_photo_looks_like_any_other(api: Api) -> None:
    plain_id = put_photo(driver="dora", upload="u1")
    audited_id = put_photo(driver="dora", upload="u2", review="open", review_reason="audit")
    plain = api.get(f"/photos/{plain_id}", DORA).body
    audited = api.get(f"/photos/{audited_id}", DORA).body
    assert {**plain, "photo_id": "", "upload_id": ""} == {
        **audited,
        "photo_id": "",
        "upload_id": "",
    }


def test_a_requeued_photo_is_shown_as_received(api: Api) -> None:
    photo_id = put_photo(driver="dora", upload="u1", status="requeued")
    assert api.get(f"/photos/{photo_id}", DORA).body["status"] == "received"


def test_photos_of_others_are_not_found(api: Api) -> None:
    photo_id = put_photo(driver="dora", upload="u1")
    for response in (
        api.get(f"/photos/{photo_id}", DAN),
        api.post(f"/photos/{photo_id}/contest", {}, DAN),
        api.get(f"/photos/{'0' * 64}", DAN),
        api.get("/photos/no-such-id", DAN),
    ):
        assert (response.status, response.code) == (404, "not_found")
    assert row_of(photo_id)["review"] == "none"
    assert api.get("/photos", DAN).body == {"photos": [], "next_cursor": None}


def test_pages_hold_every_photo_once_newest_first(api: Api) -> None:
    for second in range(7):
        put_photo(driver="dora", upload=f"u{second}", uploaded_at=SINCE.format(second))
        put_photo(driver="dan", upload=f"d{second}", uploaded_at=SINCE.format(second))
    seen, path = [], "/photos?limit=3"
    while path:
        page = api.get(path, DORA).body
        assert len(page["photos"]) <= 3
        seen += [photo["upload_id"] for photo in page["photos"]]
        cursor = page["next_cursor"]
        path = f"/photos?limit=3&cursor={cursor}" if cursor else ""
    assert seen == [f"u{second}" for second in reversed(range(7))]


def test_another_drivers_cursor_shows_no_photo_of_that_driver(api: Api) -> None:
    for second in range(3):
        put_photo(driver="dora", upload=f"u{second}", uploaded_at=SINCE.format(second))
    cursor = api.get("/photos?limit=1", DORA).body["next_cursor"]
    assert api.get(f"/photos?cursor={cursor}", DAN).body["photos"] == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=many",
        "limit=1,2",
        "cursor=x",
        "cursor=****",
        "cursor=aGVsbG8",
        "page=2",
    ],
)
def test_wrong_parameters_are_refused(api: Api, query: str) -> None:
    response = api.get(f"/photos?{query}", DORA)
    assert (response.status, response.code) == (400, "invalid_request")


def test_a_contest_opens_a_review_and_keeps_the_decision(api: Api) -> None:
    photo_id = put_photo(driver="dora", upload="u1")
    response = api.post(f"/photos/{photo_id}/contest", {"comment": "It is a cargo bike"}, DORA)
    assert response.status == 200
    assert response.body["status"] == "assigned"
    assert response.body["vehicle"] == "bicycle"
    assert response.body["is_contested"]
    assert not response.body["can_be_contested"]
    row = row_of(photo_id)
    assert (row["review"], row["review_reason"], row["decision_seq"]) == ("open", "contested", 1)
    assert row["enqueued_at"]
    [decision] = row["decisions"]
    assert (decision["kind"], decision["decided_by"]) == ("contest", "dora")
    assert [message["photo_id"] for message in messages()] == [photo_id]


def test_a_repeated_contest_opens_one_review(api: Api) -> None:
    photo_id = put_photo(driver="dora", upload="u1", status="rejected", reason="no_vehicle")
    path = f"/photos/{photo_id}/contest"
    first = api.post(path, {}, DORA, key="same").body
    assert api.post(path, {}, DORA, key="same").body == first
    assert row_of(photo_id)["decision_seq"] == 1
    assert len(messages()) == 1


def test_a_second_contest_waits_for_the_decision(api: Api) -> None:
    photo_id = put_photo(driver="dora", upload="u1")
    api.post(f"/photos/{photo_id}/contest", {}, DORA)
    response = api.post(f"/photos/{photo_id}/contest", {}, DORA)
    assert (response.status, response.code) == (409, "not_contestable")
    assert row_of(photo_id)["decision_seq"] == 1


@pytest.mark.parametrize("status", ["received", "in_review", "failed"])
def test_a_photo_without_decision_cannot_be_contested(api: Api, status: str) -> None:
    photo_id = put_photo(driver="dora", upload="u1", status=status)
    assert api.post(f"/photos/{photo_id}/contest", {}, DORA).code == "not_contestable"


@pytest.mark.parametrize("comment", ["", "x" * 501, "\ud800", 7, ["a"]])
def test_a_comment_that_is_not_a_short_text_is_refused(api: Api, comment: object) -> None:
    photo_id = put_photo(driver="dora", upload="u1")
    response = api.post(f"/photos/{photo_id}/contest", {"comment": comment}, DORA)
    assert (response.status, response.code) == (400, "invalid_request")


def test_a_hostile_comment_is_kept_as_text(api: Api) -> None:
    photo_id = put_photo(driver="dora", upload="u1")
    comment = "<script>alert(1)</script>\n\x00'; DROP"
    assert api.post(f"/photos/{photo_id}/contest", {"comment": comment}, DORA).status == 200
    assert row_of(photo_id)["decisions"][0]["comment"] == comment


def test_an_open_audit_does_not_prevent_a_contest(api: Api) -> None:
    """A refusal would disclose the audit to the driver."""
    photo_id = put_photo(driver="dora", upload="u1", review="open", review_reason="audit")
    assert api.post(f"/photos/{photo_id}/contest", {}, DORA).status == 200
    assert row_of(photo_id)["review_reason"] == "contested"
