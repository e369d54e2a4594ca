"""The checker reports one violation for each broken rule, and none for sound inventories."""

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


def an_inventory(*rows: LedgerRow, **changes: Any) -> Inventory:
    """Return a sound inventory of these rows, with what a test breaks in it."""
    inventory = Inventory(
        as_of=AS_OF,
        objects=tuple(an_object(row.key) for row in rows),
        ledger=rows,
        assignments=tuple(an_assignment(row) for row in rows if row.status == "assigned"),
        review_messages=tuple(row.photo_id for row in rows if row.review == "open"),
        failure_messages=tuple(row.photo_id for row in rows if row.status == "failed"),
        executions={row.execution_arn: "SUCCEEDED" for row in rows},
    )
    return replace(inventory, **changes)


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


def rules(result: ConservationResult) -> set[str]:
    return {violation.rule for violation in result.violations}


def test_a_sound_inventory_is_conserved_and_adds_up() -> None:
    result = check(an_inventory(ASSIGNED, AUDITED, IN_REVIEW, REJECTED, FAILED))
    assert result.violations == ()
    assert result.conserved
    assert result.totals == {
        "received": 5,
        "assigned": 2,
        "in_review": 1,
        "rejected": 1,
        "failed": 1,
        "in_flight": 0,
        "lost": 0,
        "unreadable": 0,
    }


def test_an_empty_inventory_is_conserved() -> None:
    assert check(an_inventory()).conserved


VIOLATED = [
    ("lost", an_inventory(ASSIGNED, objects=(an_object(), an_object("intake/d9/lost.jpg")))),
    ("stuck", an_inventory(RECEIVED)),
    ("stuck", an_inventory(replace(RECEIVED, status="requeued"))),
    ("unknown_status", an_inventory(replace(REJECTED, status="vanished"))),
    ("wrong_identity", an_inventory(replace(REJECTED, etag="e", version_id="another"))),
    ("reason_missing", an_inventory(replace(REJECTED, reason=""))),
    ("reason_missing", an_inventory(replace(REJECTED, message=""))),
    ("silent_failure", an_inventory(FAILED, failure_messages=())),
    ("review_not_open", an_inventory(replace(IN_REVIEW, review="none"))),
    ("review_not_open", an_inventory(replace(IN_REVIEW, review="done"))),
    ("review_not_enqueued", an_inventory(replace(IN_REVIEW, enqueued_at=""))),
    ("review_without_message", an_inventory(IN_REVIEW, review_messages=())),
    ("review_without_message", an_inventory(AUDITED, review_messages=())),
    ("orphan_message", an_inventory(ASSIGNED, review_messages=("0" * 64,))),
    ("orphan_message", an_inventory(ASSIGNED, failure_messages=("0" * 64,))),
    ("decision_not_in_force", an_inventory(ASSIGNED, assignments=())),
    (
        "decision_not_in_force",
        an_inventory(ASSIGNED, assignments=(an_assignment(ASSIGNED, photo_order="2020"),)),
    ),
    (
        "assignment_without_decision",
        an_inventory(REJECTED, assignments=(an_assignment(REJECTED),)),
    ),
    (
        "assignment_without_decision",
        an_inventory(ASSIGNED, assignments=(an_assignment(ASSIGNED, vehicle="motorcycle"),)),
    ),
    (
        "assignment_without_decision",
        an_inventory(ASSIGNED, assignments=(an_assignment(ASSIGNED, photo_id="0" * 64),)),
    ),
]


@pytest.mark.parametrize(("rule", "inventory"), VIOLATED)
def test_every_violated_invariant_is_reported(rule: str, inventory: Inventory) -> None:
    result = check(inventory)
    assert rule in rules(result)
    assert not result.conserved


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
def test_an_assignment_without_justification_is_reported(facts: dict[str, Any]) -> None:
    row = replace(ASSIGNED, classification=facts)
    assert "unjustified_assignment" in rules(check(an_inventory(row)))


def test_a_newer_photo_may_decide_for_an_older_one() -> None:
    old = replace(ASSIGNED, superseded=True)
    newer = a_row(an_object("intake/d1/u2.jpg"), uploaded_at="2026-11-22T18:30:00Z")
    inventory = an_inventory(old, newer, assignments=(an_assignment(newer),))
    assert check(inventory).conserved


def test_a_photo_in_flight_is_neither_lost_nor_conserved() -> None:
    running = an_inventory(RECEIVED, executions={RECEIVED.execution_arn: "RUNNING"})
    result = check(running)
    assert result.violations == ()
    assert result.totals["in_flight"] == 1
    assert not result.conserved


def test_a_recent_photo_within_the_grace_period_is_not_lost() -> None:
    inventory = an_inventory(objects=(an_object(),))
    assert rules(check(inventory, grace=timedelta(minutes=30))) == {"lost"}
    assert rules(check(inventory, grace=timedelta(hours=2))) == set()


@pytest.mark.parametrize(
    "busy",
    [
        {"lease_until": "2026-11-22T19:01:00Z"},
        {"lease_until": "2026-11-22T18:58:00Z"},  # the message stays hidden for some minutes
        {"last_activity_at": "2026-11-22T18:58:00Z"},
        {"reminded_at": "2026-11-22T18:58:00Z"},
    ],
)
def test_a_review_with_recent_activity_needs_no_message(busy: dict[str, Any]) -> None:
    inventory = an_inventory(replace(IN_REVIEW, **busy), review_messages=())
    assert check(inventory, grace=timedelta(minutes=20)).violations == ()


@pytest.mark.parametrize(
    ("row", "messages"),
    [
        (replace(IN_REVIEW, enqueued_at=""), "review_messages"),
        (IN_REVIEW, "review_messages"),
        (FAILED, "failure_messages"),
    ],
)
def test_a_message_may_come_a_moment_after_its_row(row: LedgerRow, messages: str) -> None:
    inventory = an_inventory(row, **{messages: ()})
    assert check(inventory, grace=timedelta(hours=2)).violations == ()
    assert len(check(inventory).violations) == 1


def test_an_unreadable_row_is_one_violation_and_no_second_one() -> None:
    """The photo is neither lost nor the subject of an orphan message or assignment."""
    row = replace(ASSIGNED, photo_id=an_object().photo_id)
    malformed = Unreadable(rule=MALFORMED_ROW, photo_id=row.photo_id, detail="no etag")
    inventory = an_inventory(
        objects=(an_object(),),
        unreadable=(malformed,),
        assignments=(an_assignment(row),),
        review_messages=(row.photo_id,),
    )
    result = check(inventory)
    assert [(violation.rule, violation.photo_id) for violation in result.violations] == [
        (MALFORMED_ROW, row.photo_id)
    ]
    assert (result.totals["unreadable"], result.totals["lost"]) == (1, 0)
    assert not result.conserved


def test_queues_that_were_not_read_prove_nothing() -> None:
    inventory = an_inventory(IN_REVIEW, FAILED, review_messages=None, failure_messages=None)
    assert check(inventory).conserved


def test_a_surplus_message_of_a_decided_photo_is_harmless() -> None:
    assert check(an_inventory(ASSIGNED, review_messages=(ASSIGNED.photo_id,))).conserved
