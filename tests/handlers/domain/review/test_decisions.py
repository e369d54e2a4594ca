"""Leases, verdicts, undos and contests in any order keep the invariants: a model in memory.

`apply` does what the transaction does, with the same conditions; the invariants are those of
`monitoring/reconciliation/checker.py`.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from handlers.domain.ledger.identity import photo_id
from handlers.domain.ledger.rows import AssignmentRow, LedgerRow
from handlers.domain.review.assignment_update import (
    DeleteAssignment,
    PutAssignment,
    needs_successor,
    plan_assignment_update,
)
from handlers.domain.review.change import DecisionChange, Refused, Repeated
from handlers.domain.review.contest import contest as contest_photo
from handlers.domain.review.lease import Lapse, Take, extend, offer, skipped_by
from handlers.domain.review.row import ReviewRow
from handlers.domain.review.rules import ReviewRules
from handlers.domain.review.undo import UndoCommand, apply_undo
from handlers.domain.review.verdict import SubmittedVerdict, apply_verdict
from handlers.domain.timestamps import later, stamp
from monitoring.reconciliation.checker import check
from monitoring.reconciliation.inventory import Inventory, ObjectVersion

RULES = ReviewRules(
    order_ranges={"bicycle": "nearby", "motorcycle": "distant"},
    valid_hours=16,
    lease_s=120,
    undo_window_s=120,
    blind_share=0.25,
    second_share=0.4,
    salt="salt",
)
REVIEWERS = strategies.sampled_from(["anna", "ben", "cleo"])
COUNT = 4  # two of each driver, so that an older and a newer one compete
PHOTOS = strategies.integers(0, COUNT - 1)
VERDICTS = strategies.sampled_from(RULES.verdicts)


def a_photo(index: int, kind: str) -> dict[str, Any]:
    """Return a row as the workflow writes it; photos of the same parity have the same driver."""
    key = f"intake/d{index % 2}/{index}.jpg" if kind != "no_driver" else f"intake/{index}.jpg"
    at = f"2026-11-22T10:00:0{index}Z"
    row: dict[str, Any] = {
        "photo_id": photo_id(bucket="b", key=key, version_id="v", etag="e"),
        "bucket": "b",
        "key": key,
        "version_id": "v",
        "etag": "e",
        "attempt": 1,
        "execution_arn": "arn",
        "uploaded_at": at,
        "received_at": at,
        "claimed_at": at,
        "updated_at": at,
        "enqueued_at": at,
        "status": "in_review",
        "review": "open",
        "review_reason": "low_confidence",
        "decision_seq": 0,
        "classification": {
            "probabilities": {"bicycle": 0.97, "other": 0.03},
            "confidence": 0.97,
            "threshold": 0.9,
        },
    }
    if kind != "no_driver":
        row["driver_id"] = f"d{index % 2}"
    if kind == "audited":
        row |= {
            "status": "assigned",
            "review_reason": "audit",
            "vehicle": "bicycle",
            "order_range": "nearby",
            "valid_until": "2026-11-23T02:00:00Z",
            "decided_by": "model",
        }
    return row


class ReviewModel(RuleBasedStateMachine):
    """Four photos of two drivers or without driver, three reviewers, and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Any]] = {}
        self.assignments: dict[str, dict[str, Any]] = {}
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.leases = 0
        self.held: dict[
            tuple[str, str], tuple[str, int]
        ] = {}  # lease and decision_seq of a reviewer's page

    @initialize(
        kinds=strategies.lists(
            strategies.sampled_from(["audited", "in_review", "no_driver"]),
            min_size=COUNT,
            max_size=COUNT,
        )
    )
    def fill(self, kinds: list[str]) -> None:
        for index, kind in enumerate(kinds):
            item = a_photo(index, kind)
            self.rows[item["photo_id"]] = item
            row = ReviewRow.from_item(item)
            if item["status"] == "assigned":
                self.update_assignment(row, row)

    @rule(seconds=strategies.sampled_from([1, 30, 119, 130, 400, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(photo=PHOTOS, reviewer=REVIEWERS)
    def take(self, photo: int, reviewer: str) -> None:
        row = self.read(photo)
        match offer(row, reviewer, self.now):
            case Take():
                assert not (row.lease and row.lease.is_active(stamp(self.now)))
                assert row.state.first_by != reviewer
                self.hold(row, reviewer)
            case Lapse():
                for name in ("first_by", "second_until", "lease"):
                    self.rows[row.photo_id].pop(name, None)
                self.rows[row.photo_id]["review"] = "done"
                self.release(row.photo_id)

    @rule(photo=PHOTOS, reviewer=REVIEWERS, skip=strategies.booleans())
    def give_up(self, photo: int, reviewer: str, skip: bool) -> None:
        row = self.read(photo)
        if not row.lease or row.lease.owner != reviewer:
            return
        self.release(row.photo_id)
        if skip:
            self.rows[row.photo_id]["skipped"] = skipped_by(row, reviewer, self.now)
            after = self.read(photo)
            assert not isinstance(offer(after, reviewer, self.now), Take)

    @rule(photo=PHOTOS, reviewer=REVIEWERS)
    def extend(self, photo: int, reviewer: str) -> None:
        row = self.read(photo)
        if row.lease and row.lease.owner == reviewer:
            renewed = extend(row.lease, self.now, RULES.lease_s)
            if renewed:
                self.rows[row.photo_id]["lease_until"] = renewed.until

    @rule(which=strategies.integers(0, 20), verdict=VERDICTS)
    def decide_on_a_page(self, which: int, verdict: str) -> None:
        """Decide from a page that shows the photo, whether or not its lease is still in force."""
        if self.held:
            reviewer, shown = list(self.held)[which % len(self.held)]
            self.decide(list(self.rows).index(shown), reviewer, verdict)

    @rule(photo=PHOTOS, reviewer=REVIEWERS, verdict=VERDICTS)
    def decide(self, photo: int, reviewer: str, verdict: str) -> None:
        row = self.read(photo)
        lease_id, seq = self.held.get((reviewer, row.photo_id), ("never-held", 0))
        submitted = SubmittedVerdict(
            reviewer=reviewer,
            verdict=verdict,
            lease_id=lease_id,
            decision_seq=seq,
            request=f"{lease_id}:{verdict}",
        )
        outcome = apply_verdict(row, submitted, now=self.now, rules=RULES)
        if isinstance(outcome, DecisionChange):
            assert seq == row.decision_seq
            assert row.lease is not None
            assert (row.lease.owner, row.lease.lease_id) == (reviewer, lease_id)
            self.apply(outcome)
            again = apply_verdict(self.read(photo), submitted, now=self.now, rules=RULES)
            assert isinstance(again, Repeated)
            assert again.decision["seq"] == outcome.seq

    @rule(photo=PHOTOS, reviewer=REVIEWERS)
    def undo(self, photo: int, reviewer: str) -> None:
        row = self.read(photo)
        self.leases += 1
        command = UndoCommand(
            reviewer=reviewer,
            decision_seq=row.decision_seq,
            request=f"undo:{row.decision_seq}",
            lease_id=f"lease-{self.leases}",
        )
        outcome = apply_undo(row, command, now=self.now, rules=RULES)
        last = row.last_decision
        if isinstance(outcome, DecisionChange) and last is not None:
            assert last["decided_by"] == reviewer
            self.apply(outcome)
            restored = self.rows[row.photo_id]
            before = {
                k: v for k, v in last["before"].items() if k not in {"assignment", "superseded"}
            }
            assert before.items() <= restored.items()
            self.held[reviewer, row.photo_id] = (command.lease_id, outcome.seq)

    @rule(photo=PHOTOS)
    def contest(self, photo: int) -> None:
        row = self.read(photo)
        if row.driver_id:
            request = f"contest:{row.decision_seq}"
            outcome = contest_photo(
                row, driver_id=row.driver_id, comment="", request=request, now=self.now
            )
            if isinstance(outcome, DecisionChange):
                self.apply(outcome)

    @invariant()
    def no_invariant_is_violated(self) -> None:
        inventory = Inventory(
            as_of=stamp(self.now),
            objects=tuple(
                ObjectVersion(
                    bucket="b",
                    key=row["key"],
                    version_id="v",
                    etag="e",
                    uploaded_at=row["uploaded_at"],
                )
                for row in self.rows.values()
            ),
            ledger=tuple(LedgerRow.from_item(row) for row in self.rows.values()),
            assignments=tuple(AssignmentRow.from_item(item) for item in self.assignments.values()),
            review_messages=None,
            failure_messages=None,
            executions={"arn": "SUCCEEDED"},
        )
        assert check(inventory).violations == ()

    def read(self, photo: int) -> ReviewRow:
        return ReviewRow.from_item(list(self.rows.values())[photo])

    def hold(self, row: ReviewRow, reviewer: str) -> None:
        self.leases += 1
        lease_id = f"lease-{self.leases}"
        self.rows[row.photo_id] |= {
            "lease_id": lease_id,
            "lease_owner": reviewer,
            "lease_since": stamp(self.now),
            "lease_until": later(self.now, RULES.lease_s),
        }
        self.held[reviewer, row.photo_id] = (lease_id, row.decision_seq)

    def release(self, photo: str) -> None:
        for name in ("lease_id", "lease_owner", "lease_since", "lease_until"):
            self.rows[photo].pop(name, None)

    def update_assignment(self, row: ReviewRow, after: ReviewRow) -> tuple[Any, Any, Any]:
        """Update the assignment as the transaction does; return the state and both assignments."""
        current = self.assignments.get(row.driver_id)
        successor = None
        if needs_successor(row, after.state, current):
            others = [ReviewRow.from_item(item) for item in self.rows.values()]
            assigned = [
                other
                for other in others
                if other.driver_id == row.driver_id
                and other.photo_id != row.photo_id
                and other.state.status == "assigned"
            ]
            successor = max(assigned, key=lambda other: other.photo_order, default=None)
        update = plan_assignment_update(
            row, after.state, current=current, successor=successor, now=stamp(self.now)
        )
        if isinstance(update.assignment, PutAssignment):
            self.assignments[row.driver_id] = dict(update.assignment.item)
        elif isinstance(update.assignment, DeleteAssignment):
            del self.assignments[row.driver_id]
        return update.after, current or {}, self.assignments.get(row.driver_id, {})

    def apply(self, change: DecisionChange) -> None:
        row = change.row
        state, before, after = self.update_assignment(row, replace(row, state=change.after))
        entry = change.entry(after=state, before_assignment=before, after_assignment=after)
        item = self.rows[row.photo_id]
        for name in (*row.state.to_wire(), "skipped"):
            item.pop(name, None)
        self.release(row.photo_id)
        item |= state.to_wire() | {
            "decision_seq": change.seq,
            "decisions": change.decisions(entry),
        }
        if change.lease:
            item |= {
                "lease_id": change.lease.lease_id,
                "lease_owner": change.lease.owner,
                "lease_since": change.lease.since,
                "lease_until": change.lease.until,
            }


TestReviewModel = ReviewModel.TestCase
TestReviewModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_refusal_names_the_colleague_who_decided() -> None:
    model = ReviewModel()
    model.fill(["in_review"] * COUNT)
    model.take(0, "anna")
    model.decide(0, "anna", "bicycle")
    submitted = SubmittedVerdict(
        reviewer="ben", verdict="neither", lease_id="x", decision_seq=0, request="r"
    )
    refused = apply_verdict(model.read(0), submitted, now=model.now, rules=RULES)
    assert isinstance(refused, Refused)
    assert refused.code in {"already_decided", "lease_lost"}
    assert refused.facts.get("decided_by") == "anna"


def test_an_undone_second_opinion_that_lapses_leaves_the_verdict_in_force() -> None:
    model = ReviewModel()
    model.fill(["audited"] * COUNT)
    model.take(1, "anna")
    model.decide_on_a_page(0, "bicycle")
    model.take(1, "cleo")
    model.time_passes(90_000)
    model.decide_on_a_page(1, "bicycle")
    model.undo(1, "cleo")
    model.time_passes(120)
    model.take(1, "anna")
    assert model.rows[a_photo(1, "audited")["photo_id"]]["review"] == "done"
    model.no_invariant_is_violated()
