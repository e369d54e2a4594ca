"""A verdict is one transaction; a slower reviewer is shown the other decision; undo restores."""

import pytest

from tests.handlers.reviews_api.conftest import BEN, ReviewsClient


def test_a_verdict_decides_the_photo_and_the_drivers_assignment(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    response = reviews.verdict(reviews.take(), "motorcycle")
    assert (response.status, response.body["decision_seq"]) == (200, 1)
    row, assignment = reviews.row(photo), reviews.assignment("d0")
    assert (row["status"], row["review"], row["vehicle"]) == ("assigned", "done", "motorcycle")
    assert (row["decided_by"], row["decision_seq"]) == ("rita", 1)
    assert (assignment["order_range"], assignment["photo_id"]) == ("distant", photo)
    assert assignment["valid_until"] == "2026-11-23T02:00:00Z"
    assert "lease_id" not in row
    assert reviews.messages() == 0


def test_every_decision_records_author_reason_and_states(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    reviews.verdict(reviews.take(), "neither")
    (decision,) = reviews.row(photo)["decisions"]
    assert (decision["seq"], decision["kind"], decision["verdict"]) == (1, "verdict", "neither")
    assert (decision["decided_by"], decision["reason"]) == ("rita", "low_confidence")
    assert (decision["before"]["status"], decision["after"]["status"]) == ("in_review", "rejected")


@pytest.mark.parametrize(("verdict", "reason"), [("neither", "no_vehicle"), ("unusable", "retake")])
def test_a_rejected_photo_has_a_reason_and_a_sentence(
    reviews: ReviewsClient, verdict: str, reason: str
) -> None:
    photo = reviews.add()
    reviews.verdict(reviews.take(), verdict)
    row = reviews.row(photo)
    assert (row["status"], row["reason"]) == ("rejected", reason)
    assert row["message"]
    assert reviews.assignment("d0") == {}


def test_a_photo_without_driver_is_labelled_and_not_assigned(reviews: ReviewsClient) -> None:
    photo = reviews.add(kind="no_driver")
    reviews.verdict(reviews.take(), "bicycle")
    row = reviews.row(photo)
    assert (row["status"], row["reason"]) == ("rejected", "no_driver")
    assert row["decisions"][0]["verdict"] == "bicycle"


def test_the_slower_reviewer_is_shown_who_decided_and_when(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    review = reviews.take()
    reviews.expire_lease(photo)
    theirs = reviews.take(BEN)
    reviews.verdict(theirs, "bicycle", BEN)
    lost = reviews.verdict(review, "neither")
    assert lost.code == "already_decided"
    assert (lost.body["decided_by"], lost.body["verdict"]) == ("ben", "bicycle")
    assert lost.body["decided_at"] == reviews.row(photo)["decisions"][0]["decided_at"]


def test_a_lease_that_a_colleague_has_taken_is_lost(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    review = reviews.take()
    reviews.expire_lease(photo)
    reviews.take(BEN)
    lost = reviews.verdict(review, "neither")
    assert (lost.code, lost.body["held_by"]) == ("lease_lost", "ben")
    assert reviews.row(photo)["decision_seq"] == 0


def test_a_late_verdict_counts_until_a_colleague_takes_the_photo(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    review = reviews.take()
    reviews.expire_lease(photo)
    assert reviews.verdict(review, "bicycle").status == 200


def test_a_repeated_verdict_has_the_same_response_and_changes_nothing(
    reviews: ReviewsClient,
) -> None:
    photo = reviews.add()
    review = reviews.take()
    first = reviews.verdict(review, "bicycle", key="k")
    before = reviews.row(photo)
    assert reviews.verdict(review, "bicycle", key="k").body == first.body
    assert reviews.verdict(review, "bicycle", key="another").body == first.body
    assert reviews.row(photo) == before


def test_an_unknown_verdict_is_refused_with_those_that_exist(reviews: ReviewsClient) -> None:
    reviews.add()
    response = reviews.verdict(reviews.take(), "cat")
    assert response.code == "unknown_verdict"
    assert "neither" in response.body["verdicts"]


def test_a_confirmed_audit_changes_nothing_that_dispatch_reads(reviews: ReviewsClient) -> None:
    photo = reviews.add(kind="audited")
    before = reviews.assignment("d0")
    assert reviews.verdict(reviews.take(), "bicycle").status == 200
    row = reviews.row(photo)
    assert (row["status"], row["decided_by"], row["review"]) == ("assigned", "model", "done")
    assert reviews.assignment("d0") == before


def test_an_audit_that_differs_changes_the_assignment(reviews: ReviewsClient) -> None:
    reviews.add(kind="audited")
    reviews.verdict(reviews.take(), "motorcycle")
    assignment = reviews.assignment("d0")
    assert (assignment["vehicle"], assignment["decided_by"]) == ("motorcycle", "rita")


def test_a_verdict_on_an_older_photo_never_replaces_a_newer_one(reviews: ReviewsClient) -> None:
    older = reviews.add(0)
    newer = reviews.add(2, "audited")
    leased = {review["photo_id"]: review for review in (reviews.take(), reviews.take())}
    assert reviews.verdict(leased[older], "motorcycle").status == 200
    assert reviews.row(older)["superseded"] is True
    assert reviews.assignment("d0")["photo_id"] == newer


def test_the_older_photo_gets_the_assignment_when_the_newer_is_rejected(
    reviews: ReviewsClient,
) -> None:
    older = reviews.add(0, "audited", review="done", review_reason="")
    newer = reviews.add(2, "audited")
    review = reviews.take()
    assert review["photo_id"] == newer
    reviews.verdict(review, "neither")
    assert reviews.assignment("d0")["photo_id"] == older


def test_undo_restores_photo_and_assignment_and_leases_the_review_again(
    reviews: ReviewsClient,
) -> None:
    photo = reviews.add(kind="audited")
    before = reviews.row(photo)
    assignment = reviews.assignment("d0")
    review = reviews.take()
    reviews.verdict(review, "neither")
    assert reviews.assignment("d0") == {}
    undone = reviews.act(review, "undo", {"decision_seq": 1})
    assert (undone.status, undone.body["decision_seq"]) == (200, 2)
    row = reviews.row(photo)
    for name in ("status", "review", "review_reason", "vehicle", "valid_until", "decided_by"):
        assert row[name] == before[name]
    assert reviews.assignment("d0") == assignment
    assert (row["lease_owner"], row["enqueued_at"] > before["enqueued_at"]) == ("rita", True)
    assert reviews.messages() == 1
    assert reviews.verdict(undone.body["review"], "motorcycle").status == 200


def test_undo_leaves_the_assignment_to_a_photo_that_came_since(reviews: ReviewsClient) -> None:
    photo = reviews.add(0)
    review = reviews.take()
    reviews.verdict(review, "bicycle")
    newer = reviews.add(2, "audited")
    assert reviews.act(review, "undo", {"decision_seq": 1}).status == 200
    assert reviews.row(photo)["status"] == "in_review"
    assert reviews.assignment("d0")["photo_id"] == newer


def test_only_ones_own_last_decision_can_be_undone(reviews: ReviewsClient) -> None:
    reviews.add()
    review = reviews.take()
    reviews.verdict(review, "bicycle")
    theirs = reviews.act(review, "undo", {"decision_seq": 1}, BEN)
    assert (theirs.code, theirs.body["why"]) == ("undo_refused", "not_yours")
    stale = reviews.act(review, "undo", {"decision_seq": 0})
    assert (stale.code, stale.body["why"]) == ("undo_refused", "decided_since")


def test_a_repeated_undo_is_recorded_once(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    review = reviews.take()
    reviews.verdict(review, "bicycle")
    first = reviews.act(review, "undo", {"decision_seq": 1}, key="a")
    again = reviews.act(review, "undo", {"decision_seq": 1}, key="b")
    assert again.body == first.body
    assert reviews.row(photo)["decision_seq"] == 2


def test_a_decision_cannot_be_undone_after_the_window(reviews: ReviewsClient) -> None:
    photo = reviews.add()
    review = reviews.take()
    reviews.verdict(review, "bicycle")
    reviews.age_decisions(photo)
    assert reviews.act(review, "undo", {"decision_seq": 1}).code == "undo_expired"


def test_an_unknown_photo_cannot_be_decided(reviews: ReviewsClient) -> None:
    unknown = {"photo_id": "0" * 64, "lease_id": "abc", "decision_seq": 0}
    assert reviews.verdict(unknown, "bicycle").code == "no_such_review"
    assert reviews.act(unknown, "undo", {"decision_seq": 1}).code == "no_such_review"
