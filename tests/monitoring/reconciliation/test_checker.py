"""The checker barks: one broken world for each rule, and a sound one for which it is silent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handlers.domain.ledger.rows import AssignmentRow, LedgerRow
from monitoring.reconciliation.checker import ConservationResult, check
from monitoring.reconciliation.inventory import MALFORMED_ROW, Inventory, ObjectVersion, Unreadable

AS_OF = "2026-11-22T19:00:00+00:00"
EARLIER = "2026-11-22T18:00:00Z"


def an_object(key: str = "intake/d1/u1.jpg") -> ObjectVersion:
    return ObjectVersion(bucket="b", key=key, version_id="v", etag="e", uploaded_at=EARLIER)


def a_row(upload: ObjectVersion | None = None, **changes: Any) -> LedgerRow:
    upload = upload or an_object()
    row = LedgerRow(
        photo_id=upload.photo_id,
        bucket=upload.bucket,
        key=upload.key,
        version_id=upload.version_id,
        etag=upload.etag,
        status="assigned",
        attempt=1,
        execution_arn="arn:1",
        uploaded_at=EARLIER,
        claimed_at=EARLIER,
        updated_at=EARLIER,
        review="none",
        review_reason="",
        enqueued_at="",
        reason="",
        message="",
        driver_id="d1",
        vehicle="bicycle",
        decided_by="model",
        superseded=False,
        model_version="m1",
        classification={
            "probabilities": {"bicycle": 0.97, "other": 0.03},
            "confidence": 0.97,
            "threshold": 0.9,
            "threshold_source": "calibrated",
        },
    )
    return replace(row, **changes)


def an_assignment(row: LedgerRow, **changes: Any) -> AssignmentRow:
    assignment = AssignmentRow(
        driver_id=row.driver_id,
        vehicle=row.vehicle,
        order_range="nearby",
        photo_id=row.photo_id,
        photo_order=row.photo_order,
        valid_until="2026-11-23T10:00:00Z",
    )
    return replace(assignment, **changes)


def a_world(*rows: LedgerRow, **changes: Any) -> Inventory:
    """A sound world around these rows, then whatever a test breaks in it."""
    world = Inventory(
        as_of=AS_OF,
        objects=tuple(an_object(row.key) for row in rows),
        ledger=rows,
        assignments=tuple(an_assignment(row) for row in rows if row.status == "assigned"),
        review_messages=tuple(row.photo_id for row in rows if row.review == "open"),
        failure_messages=tuple(row.photo_id for row in rows if row.status == "failed"),
        executions={row.execution_arn: "SUCCEEDED" for row in rows},
    )
    return replace(world, **changes)


ASSIGNED = a_row()
AUDITED = a_row(an_object("intake/d2/a.jpg"), driver_id="d2", review="open", enqueued_at=EARLIER)
IN_REVIEW = a_row(
    an_object("intake/d3/r.jpg"), status="in_review", review="open", enqueued_at=EARLIER
)
REJECTED = a_row(
    an_object("intake/d4/x.jpg"), status="rejected", reason="corrupt", message="Again, please."
)
FAILED = a_row(an_object("intake/d5/f.jpg"), status="failed", reason="PhotoMissing")
RECEIVED = a_row(an_object("intake/d6/p.jpg"), status="received")


def rules(verdict: ConservationResult) -> set[str]:
    return {violation.rule for violation in verdict.violations}


def test_a_sound_world_is_conserved_and_adds_up() -> None:
    verdict = check(a_world(ASSIGNED, AUDITED, IN_REVIEW, REJECTED, FAILED))
    assert verdict.violations == ()
    assert verdict.conserved
    assert verdict.totals == {
        "received": 5,
        "assigned": 2,
        "in_review": 1,
        "rejected": 1,
        "failed": 1,
        "in_flight": 0,
        "lost": 0,
        "unreadable": 0,
    }


def test_an_empty_world_is_conserved() -> None:
    assert check(a_world()).conserved


BROKEN_WORLDS = [
    ("lost", a_world(ASSIGNED, objects=(an_object(), an_object("intake/d9/lost.jpg")))),
    ("stuck", a_world(RECEIVED)),
    ("stuck", a_world(replace(RECEIVED, status="requeued"))),
    ("unknown_status", a_world(replace(REJECTED, status="vanished"))),
    ("wrong_identity", a_world(replace(REJECTED, etag="e", version_id="another"))),
    ("reason_missing", a_world(replace(REJECTED, reason=""))),
    ("reason_missing", a_world(replace(REJECTED, message=""))),
    ("silent_failure", a_world(FAILED, failure_messages=())),
    ("review_not_open", a_world(replace(IN_REVIEW, review="none"))),
    ("review_not_open", a_world(replace(IN_REVIEW, review="done"))),
    ("review_not_enqueued", a_world(replace(IN_REVIEW, enqueued_at=""))),
    ("review_without_message", a_world(IN_REVIEW, review_messages=())),
    ("review_without_message", a_world(AUDITED, review_messages=())),
    ("orphan_message", a_world(ASSIGNED, review_messages=("0" * 64,))),
    ("orphan_message", a_world(ASSIGNED, failure_messages=("0" * 64,))),
    ("decision_not_in_force", a_world(ASSIGNED, assignments=())),
    (
        "decision_not_in_force",
        a_world(ASSIGNED, assignments=(an_assignment(ASSIGNED, photo_order="2020"),)),
    ),
    (
        "assignment_without_decision",
        a_world(REJECTED, assignments=(an_assignment(REJECTED),)),
    ),
    (
        "assignment_without_decision",
        a_world(ASSIGNED, assignments=(an_assignment(ASSIGNED, vehicle="motorcycle"),)),
    ),
    (
        "assignment_without_decision",
        a_world(ASSIGNED, assignments=(an_assignment(ASSIGNED, photo_id="0" * 64),)),
    ),
]


@pytest.mark.parametrize(("rule", "world"), BROKEN_WORLDS)
def test_each_broken_promise_is_found(rule: str, world: Inventory) -> None:
    verdict = check(world)
    assert rule in rules(verdict)
    assert not verdict.conserved


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"probabilities": {"bicycle": 0.97, "other": 0.03}, "confidence": 0.97, "threshold": 0.98},
        {"probabilities": {"bicycle": 1.0}, "confidence": 1.0, "threshold": 1.0},
        {"probabilities": {"bicycle": 0.97, "other": 0.9}, "confidence": 0.97, "threshold": 0.9},
        {"probabilities": {"bicycle": 0.03, "other": 0.97}, "confidence": 0.97, "threshold": 0.9},
        {"probabilities": {"cat": 0.97, "dog": 0.03}, "confidence": 0.97, "threshold": 0.9},
        {"probabilities": {"bicycle": float("nan")}, "confidence": float("nan"), "threshold": 0.9},
    ],
)
def test_a_confidently_wrong_assignment_is_found(facts: dict[str, Any]) -> None:
    row = replace(ASSIGNED, classification=facts)
    assert "unjustified_assignment" in rules(check(a_world(row)))


def test_a_newer_photo_may_decide_for_an_older_one() -> None:
    old = replace(ASSIGNED, superseded=True)
    newer = a_row(an_object("intake/d1/u2.jpg"), uploaded_at="2026-11-22T18:30:00Z")
    world = a_world(old, newer, assignments=(an_assignment(newer),))
    assert check(world).conserved


def test_a_photo_on_its_way_is_neither_lost_nor_conserved() -> None:
    running = a_world(RECEIVED, executions={RECEIVED.execution_arn: "RUNNING"})
    verdict = check(running)
    assert verdict.violations == ()
    assert verdict.totals["in_flight"] == 1
    assert not verdict.conserved


def test_a_grace_period_spares_what_has_just_come() -> None:
    world = a_world(objects=(an_object(),))
    assert rules(check(world, grace=timedelta(minutes=30))) == {"lost"}
    assert rules(check(world, grace=timedelta(hours=2))) == set()


@pytest.mark.parametrize(
    "busy",
    [
        {"lease_until": "2026-11-22T19:01:00Z"},
        {"lease_until": "2026-11-22T18:58:00Z"},  # his message is hidden for some minutes more
        {"last_activity_at": "2026-11-22T18:58:00Z"},
        {"reminded_at": "2026-11-22T18:58:00Z"},
    ],
)
def test_a_review_that_somebody_has_to_do_with_needs_no_message(busy: dict[str, Any]) -> None:
    world = a_world(replace(IN_REVIEW, **busy), review_messages=())
    assert check(world, grace=timedelta(minutes=20)).violations == ()


@pytest.mark.parametrize(
    ("row", "messages"),
    [
        (replace(IN_REVIEW, enqueued_at=""), "review_messages"),
        (IN_REVIEW, "review_messages"),
        (FAILED, "failure_messages"),
    ],
)
def test_a_message_comes_a_moment_after_its_row(row: LedgerRow, messages: str) -> None:
    world = a_world(row, **{messages: ()})
    assert check(world, grace=timedelta(hours=2)).violations == ()
    assert len(check(world).violations) == 1


def test_what_cannot_be_read_is_one_finding_and_no_second_one() -> None:
    """Neither lost, nor the subject of a stray message or assignment."""
    row = replace(ASSIGNED, photo_id=an_object().photo_id)
    malformed = Unreadable(rule=MALFORMED_ROW, photo_id=row.photo_id, detail="no etag")
    world = a_world(
        objects=(an_object(),),
        unreadable=(malformed,),
        assignments=(an_assignment(row),),
        review_messages=(row.photo_id,),
    )
    verdict = check(world)
    assert [(each.rule, each.photo_id) for each in verdict.violations] == [
        (MALFORMED_ROW, row.photo_id)
    ]
    assert (verdict.totals["unreadable"], verdict.totals["lost"]) == (1, 0)
    assert not verdict.conserved


def test_queues_that_were_not_read_prove_nothing() -> None:
    world = a_world(IN_REVIEW, FAILED, review_messages=None, failure_messages=None)
    assert check(world).conserved


def test_a_surplus_message_of_a_decided_photo_is_harmless() -> None:
    assert check(a_world(ASSIGNED, review_messages=(ASSIGNED.photo_id,))).conserved
