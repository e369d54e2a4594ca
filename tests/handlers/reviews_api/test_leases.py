"""One photo has one reviewer at a time; no photo is lost, and no message blocks the queue."""

import io

import boto3
import pytest
from PIL import Image

from handlers.aws.known_items import KnownItems
from handlers.aws.review_queue import MOST_RECEIVES
from tests.handlers.api_client import INTAKE, LENA, RITA
from tests.handlers.reviews_api.conftest import BEN, ReviewsClient


def test_two_reviewers_never_hold_the_same_photo(reviews: ReviewsClient) -> None:
    photos = {reviews.add(0), reviews.add(1)}
    assert {reviews.take()["photo_id"], reviews.take(BEN)["photo_id"]} == photos
    assert reviews.next() is None
    assert reviews.next(BEN) is None


def test_an_open_review_without_a_message_is_found_in_the_ledger(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    boto3.client("sqs").purge_queue(QueueUrl=reviews.queue_url)
    assert reviews.take()["photo_id"] == photo


def test_surplus_messages_are_dropped_and_malformed_ones_are_kept(
    reviews: ReviewsClient,
) -> None:
    photo = reviews.add()
    for body in (f'{{"photo_id": "{photo}"}}', "not JSON", '{"photo_id": 5}'):
        reviews.send(body)
    assert reviews.verdict(reviews.take(), "bicycle").status == 200
    assert reviews.next() is None
    assert reviews.messages() == 2


def test_a_released_photo_is_offered_at_once(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    review = reviews.take()
    assert reviews.act(review, "release").status == 200
    assert reviews.take(BEN)["photo_id"] == photo
    assert reviews.act(review, "release").code == "lease_lost"


def test_a_skipped_photo_goes_to_a_colleague_first(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    assert reviews.act(reviews.take(), "skip").status == 200
    assert reviews.next() is None
    assert reviews.take(BEN)["photo_id"] == photo


def test_skips_do_not_count_towards_the_dead_letter_queue(reviews: ReviewsClient) -> None:
    reviews.add()
    for person in (RITA, BEN, LENA):
        assert reviews.act(reviews.take(person), "skip", None, person).status == 200
    received = boto3.client("sqs").receive_message(
        QueueUrl=reviews.queue_url, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )
    (message,) = received["Messages"]
    assert int(message["Attributes"]["ApproximateReceiveCount"]) < MOST_RECEIVES / 2


def test_a_heartbeat_extends_the_lease_even_if_its_message_is_gone(
    reviews: ReviewsClient,
) -> None:
    photo = reviews.add()
    review = reviews.take()
    boto3.client("sqs").purge_queue(QueueUrl=reviews.queue_url)
    extended = reviews.act(review, "extend")
    assert extended.status == 200
    assert extended.body["lease_until"] == reviews.row(photo)["lease_until"]
    assert extended.body["lease_until"] > review["lease_until"]


def test_the_queue_status_is_counted_in_the_ledger(reviews: ReviewsClient) -> None:
    for index in range(3):
        reviews.add(index)
    reviews.verdict(reviews.take(), "bicycle")
    reviews.take()
    reviews.take(BEN)
    mine = reviews.api.get("/reviews/queue", RITA).body
    assert (mine["waiting"], mine["held_by_me"], mine["held_by_colleagues"]) == (0, 1, 1)
    assert (mine["waiting_is_exact"], mine["decided_by_me_today"]) == (True, 1)
    assert reviews.api.get("/reviews/queue", BEN).body["decided_by_me_today"] == 0


def test_the_queue_status_has_the_oldest_review(reviews: ReviewsClient) -> None:
    reviews.add(2)
    reviews.add(0)
    queue = reviews.api.get("/reviews/queue", RITA).body
    assert queue["oldest_received_at"] == "2026-11-22T10:00:00Z"
    assert queue["oldest_age_s"] >= 0


def test_an_audit_looks_like_any_blind_review(
    reviews: ReviewsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLIND_SHARE", "1")
    audit, ordinary = reviews.add(0, "audited"), reviews.add(1)
    shown = {review["photo_id"]: review for review in (reviews.take(), reviews.take())}
    for name in ("reason", "reason_text", "probabilities", "decision_seq"):
        assert shown[audit][name] == shown[ordinary][name]
    assert shown[audit]["probabilities"] is None
    assert shown[audit].keys() == shown[ordinary].keys()


def test_a_second_opinion_comes_from_a_colleague_and_changes_nothing(
    reviews: ReviewsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_SHARE", "1")
    photo = reviews.add()
    reviews.verdict(reviews.take(), "bicycle")
    assert reviews.row(photo)["status"] == "assigned"
    assert reviews.next() is None
    assert reviews.verdict(reviews.take(BEN), "neither", BEN).status == 200
    row = reviews.row(photo)
    assert (row["status"], row["vehicle"], row["review"]) == ("assigned", "bicycle", "done")
    report = reviews.api.get("/reviews/agreement", LENA).body
    assert {(row["reviewer"], row["pairs"], row["agreed"]) for row in report["agreement"]} == {
        ("rita", 1, 0),
        ("ben", 1, 0),
    }
    (disagreement,) = report["disagreements"]
    assert (disagreement["first_verdict"], disagreement["second_verdict"]) == ("bicycle", "neither")


def test_known_items_measure_how_often_a_reviewer_is_right(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    KnownItems(boto3.client("dynamodb"), table="reviewers").add(photo, "bicycle")
    reviews.verdict(reviews.take(), "motorcycle")
    (known,) = reviews.api.get("/reviews/agreement", LENA).body["known"]
    assert known == {"reviewer": "rita", "truth": "bicycle", "shown": 1, "right": 0}


def test_the_picture_is_upright_small_and_without_metadata(reviews: ReviewsClient) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "where the driver lives"
    upload = io.BytesIO()
    Image.new("RGB", (3000, 2000), "teal").save(upload, "JPEG", exif=exif)
    stored = boto3.client("s3").put_object(
        Bucket=INTAKE, Key="intake/d0/0.jpg", Body=upload.getvalue()
    )
    reviews.add(bucket=INTAKE, version_id="", etag=stored["ETag"])
    review = reviews.take()
    response = reviews.api.get(review["image_url"], RITA)
    assert response.headers["Content-Type"] == "image/jpeg"
    assert "no-store" in response.headers["Cache-Control"]
    with Image.open(io.BytesIO(response.data)) as picture:
        assert picture.size == (853, 1280)
        assert not picture.getexif()
    assert b"lives" not in response.data
    assert reviews.api.get(review["image_url"], BEN).code == "lease_lost"
