"""The checker reports decisions that are duplicated, lost or silently changed."""

from dataclasses import replace
from typing import Any

import pytest

from handlers.domain.review.change import MOST_DECISIONS
from monitoring.reconciliation.checker import check
from tests.monitoring.reconciliation.test_checker import (
    ASSIGNED,
    REJECTED,
    an_assignment,
    an_inventory,
    rules,
)


def a_decision(seq: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "seq": seq,
        "kind": "verdict",
        "verdict": "bicycle",
        "decided_by": "anna",
        "decided_at": "2026-11-22T18:00:00.000Z",
        "before": {"status": "in_review"},
        "after": {"status": "assigned", "vehicle": "bicycle"},
    } | changes


DECIDED = replace(
    ASSIGNED, review="done", decided_by="anna", decision_seq=1, decisions=(a_decision(),)
)
CONFIRMED = replace(DECIDED, decided_by="model")
UNDONE = replace(
    DECIDED,
    status="in_review",
    review="open",
    enqueued_at="2026-11-22T18:00:00Z",
    vehicle="",
    decided_by="",
    decision_seq=2,
    decisions=(
        a_decision(),
        a_decision(2, kind="undo", verdict="", after={"status": "in_review"}),
    ),
)
OPINION_UNDONE = replace(
    DECIDED,
    decision_seq=3,
    decisions=(a_decision(), a_decision(2, kind="opinion"), a_decision(3, kind="undo", verdict="")),
)
OFTEN = replace(
    DECIDED,
    decision_seq=MOST_DECISIONS + 5,
    decisions=tuple(a_decision(seq) for seq in range(6, MOST_DECISIONS + 6)),
)


@pytest.mark.parametrize("row", [DECIDED, CONFIRMED, UNDONE, OPINION_UNDONE, OFTEN])
def test_a_decided_photo_is_sound(row: Any) -> None:
    labels = tuple((row.photo_id, int(decision["seq"])) for decision in row.decisions)
    assert check(an_inventory(row, labels=labels)).violations == ()


BROKEN = [
    ("decisions_out_of_order", replace(DECIDED, decision_seq=2)),
    ("decisions_out_of_order", replace(DECIDED, decision_seq=0)),
    ("decisions_out_of_order", replace(DECIDED, decisions=(a_decision(), a_decision()))),
    ("decisions_out_of_order", replace(OFTEN, decisions=OFTEN.decisions[:-1])),
    ("review_done_without_verdict", replace(ASSIGNED, review="done")),
    (
        "review_done_without_verdict",
        replace(DECIDED, decisions=(a_decision(kind="contest"),)),
    ),
    ("review_done_without_verdict", replace(UNDONE, review="done")),
    ("lease_without_review", replace(DECIDED, lease_owner="anna")),
    ("decision_undone_silently", replace(DECIDED, vehicle="motorcycle")),
    (
        "decision_undone_silently",
        replace(DECIDED, decisions=(a_decision(after={"status": "rejected"}),)),
    ),
    ("decided_without_verdict", replace(DECIDED, decided_by="ben")),
    ("decided_without_verdict", replace(REJECTED, decided_by="ben")),
]


@pytest.mark.parametrize(("rule", "row"), BROKEN)
def test_every_violated_invariant_of_a_decision_is_reported(rule: str, row: Any) -> None:
    result = check(an_inventory(row))
    assert rule in rules(result)
    assert not result.conserved


def test_a_decision_without_its_label_is_reported() -> None:
    assert "label_missing" in rules(check(an_inventory(DECIDED, labels=())))
    assert "label_missing" in rules(check(an_inventory(DECIDED, labels=((DECIDED.photo_id, 2),))))


def test_labels_that_were_not_read_prove_nothing() -> None:
    assert check(an_inventory(DECIDED, labels=None)).conserved


def test_an_assignment_must_rest_on_what_the_reviewer_saw() -> None:
    wrong = an_assignment(DECIDED, vehicle="motorcycle")
    assert "assignment_without_decision" in rules(
        check(an_inventory(DECIDED, assignments=(wrong,)))
    )
