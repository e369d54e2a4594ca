"""A verdict is written once and whole; the loser learns who was faster; undo restores."""

import pytest

from tests.handlers.reviews.conftest import BEN, Office


def test_a_verdict_decides_the_photo_and_the_drivers_assignment(office: Office) -> None:
    photo = office.add()
    answer = office.verdict(office.take(), "motorcycle")
    assert (answer.status, answer.body["decision_seq"]) == (200, 1)
    row, assignment = office.row(photo), office.assignment("d0")
    assert (row["status"], row["review"], row["vehicle"]) == ("assigned", "done", "motorcycle")
    assert (row["decided_by"], row["decision_seq"]) == ("rita", 1)
    assert (assignment["order_range"], assignment["photo_id"]) == ("distant", photo)
    assert assignment["valid_until"] == "2026-11-23T02:00:00Z"
    assert "lease_id" not in row
    assert office.messages() == 0


def test_every_decision_keeps_who_when_before_and_after(office: Office) -> None:
    photo = office.add()
    office.verdict(office.take(), "neither")
    (decision,) = office.row(photo)["decisions"]
    assert (decision["seq"], decision["kind"], decision["verdict"]) == (1, "verdict", "neither")
    assert (decision["decided_by"], decision["reason"]) == ("rita", "low_confidence")
    assert (decision["before"]["status"], decision["after"]["status"]) == ("in_review", "rejected")


@pytest.mark.parametrize(("verdict", "reason"), [("neither", "no_vehicle"), ("unusable", "retake")])
def test_a_refused_photo_tells_its_driver_why(office: Office, verdict: str, reason: str) -> None:
    photo = office.add()
    office.verdict(office.take(), verdict)
    row = office.row(photo)
    assert (row["status"], row["reason"]) == ("rejected", reason)
    assert row["message"]
    assert office.assignment("d0") == {}


def test_a_photo_without_driver_is_labelled_and_assigned_to_nobody(office: Office) -> None:
    photo = office.add(kind="no_driver")
    office.verdict(office.take(), "bicycle")
    row = office.row(photo)
    assert (row["status"], row["reason"]) == ("rejected", "no_driver")
    assert row["decisions"][0]["verdict"] == "bicycle"


def test_the_loser_learns_who_decided_and_when(office: Office) -> None:
    photo = office.add()
    review = office.take()
    office.expire_lease(photo)
    theirs = office.take(BEN)
    office.verdict(theirs, "bicycle", BEN)
    lost = office.verdict(review, "neither")
    assert lost.code == "already_decided"
    assert (lost.body["decided_by"], lost.body["verdict"]) == ("ben", "bicycle")
    assert lost.body["decided_at"] == office.row(photo)["decisions"][0]["decided_at"]


def test_a_lease_that_a_colleague_has_taken_is_lost(office: Office) -> None:
    photo = office.add()
    review = office.take()
    office.expire_lease(photo)
    office.take(BEN)
    lost = office.verdict(review, "neither")
    assert (lost.code, lost.body["held_by"]) == ("lease_lost", "ben")
    assert office.row(photo)["decision_seq"] == 0


def test_a_late_verdict_counts_while_nobody_else_has_the_photo(office: Office) -> None:
    photo = office.add()
    review = office.take()
    office.expire_lease(photo)
    assert office.verdict(review, "bicycle").status == 200


def test_a_repeated_verdict_has_the_same_answer_and_changes_nothing(office: Office) -> None:
    photo = office.add()
    review = office.take()
    first = office.verdict(review, "bicycle", key="k")
    before = office.row(photo)
    assert office.verdict(review, "bicycle", key="k").body == first.body
    assert office.verdict(review, "bicycle", key="another").body == first.body
    assert office.row(photo) == before


def test_an_unknown_verdict_is_refused_with_those_that_exist(office: Office) -> None:
    office.add()
    answer = office.verdict(office.take(), "cat")
    assert answer.code == "unknown_verdict"
    assert "neither" in answer.body["verdicts"]


def test_a_confirmed_audit_changes_nothing_that_dispatch_reads(office: Office) -> None:
    photo = office.add(kind="audited")
    before = office.assignment("d0")
    assert office.verdict(office.take(), "bicycle").status == 200
    row = office.row(photo)
    assert (row["status"], row["decided_by"], row["review"]) == ("assigned", "model", "done")
    assert office.assignment("d0") == before


def test_an_audit_that_differs_changes_the_assignment(office: Office) -> None:
    office.add(kind="audited")
    office.verdict(office.take(), "motorcycle")
    assignment = office.assignment("d0")
    assert (assignment["vehicle"], assignment["decided_by"]) == ("motorcycle", "rita")


def test_a_verdict_on_an_older_photo_never_replaces_a_newer_one(office: Office) -> None:
    older = office.add(0)
    newer = office.add(2, "audited")
    reviews = {each["photo_id"]: each for each in (office.take(), office.take())}
    assert office.verdict(reviews[older], "motorcycle").status == 200
    assert office.row(older)["superseded"] is True
    assert office.assignment("d0")["photo_id"] == newer


def test_the_older_photo_comes_into_force_again_when_the_newer_is_none(office: Office) -> None:
    older = office.add(0, "audited", review="done", review_reason="")
    newer = office.add(2, "audited")
    review = office.take()
    assert review["photo_id"] == newer
    office.verdict(review, "neither")
    assert office.assignment("d0")["photo_id"] == older


def test_undo_restores_photo_and_assignment_and_hands_the_review_back(office: Office) -> None:
    photo = office.add(kind="audited")
    before = office.row(photo)
    assignment = office.assignment("d0")
    review = office.take()
    office.verdict(review, "neither")
    assert office.assignment("d0") == {}
    undone = office.act(review, "undo", {"decision_seq": 1})
    assert (undone.status, undone.body["decision_seq"]) == (200, 2)
    row = office.row(photo)
    for name in ("status", "review", "review_reason", "vehicle", "valid_until", "decided_by"):
        assert row[name] == before[name]
    assert office.assignment("d0") == assignment
    assert (row["lease_owner"], row["enqueued_at"] > before["enqueued_at"]) == ("rita", True)
    assert office.messages() == 1
    assert office.verdict(undone.body["review"], "motorcycle").status == 200


def test_undo_leaves_the_assignment_to_a_photo_that_came_since(office: Office) -> None:
    photo = office.add(0)
    review = office.take()
    office.verdict(review, "bicycle")
    newer = office.add(2, "audited")
    assert office.act(review, "undo", {"decision_seq": 1}).status == 200
    assert office.row(photo)["status"] == "in_review"
    assert office.assignment("d0")["photo_id"] == newer


def test_only_ones_own_last_decision_can_be_taken_back(office: Office) -> None:
    office.add()
    review = office.take()
    office.verdict(review, "bicycle")
    theirs = office.act(review, "undo", {"decision_seq": 1}, BEN)
    assert (theirs.code, theirs.body["why"]) == ("undo_refused", "not_yours")
    stale = office.act(review, "undo", {"decision_seq": 0})
    assert (stale.code, stale.body["why"]) == ("undo_refused", "decided_since")


def test_a_repeated_undo_is_one_undo(office: Office) -> None:
    photo = office.add()
    review = office.take()
    office.verdict(review, "bicycle")
    first = office.act(review, "undo", {"decision_seq": 1}, key="a")
    again = office.act(review, "undo", {"decision_seq": 1}, key="b")
    assert again.body == first.body
    assert office.row(photo)["decision_seq"] == 2


def test_after_the_window_a_decision_stands(office: Office) -> None:
    photo = office.add()
    review = office.take()
    office.verdict(review, "bicycle")
    office.age_decisions(photo)
    assert office.act(review, "undo", {"decision_seq": 1}).code == "undo_expired"


def test_what_was_never_in_review_cannot_be_decided(office: Office) -> None:
    nothing = {"photo_id": "0" * 64, "lease_id": "abc", "decision_seq": 0}
    assert office.verdict(nothing, "bicycle").code == "no_such_review"
    assert office.act(nothing, "undo", {"decision_seq": 1}).code == "no_such_review"
