"""Undo: a further decision that restores the state before the last one."""

from dataclasses import dataclass, replace
from datetime import datetime

from handlers.domain.review.change import OPINION, UNDO, VERDICT, DecisionChange, Refused, Repeated
from handlers.domain.review.row import Lease, PhotoState, ReviewRow
from handlers.domain.review.rules import ReviewRules
from handlers.domain.review.tallies import disagreement_of, tallies_of
from handlers.domain.review.verdict import first_verdict
from handlers.domain.timestamps import later, parse, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoCommand:
    """The decision that a reviewer wants to undo, and the lease under which they decide again."""

    reviewer: str
    decision_seq: int
    request: str
    lease_id: str


def apply_undo(
    row: ReviewRow | None, command: UndoCommand, *, now: datetime, rules: ReviewRules
) -> DecisionChange | Repeated | Refused:
    """Return the change that undoes the decision, or why it cannot be undone.

    Reviewers can undo their own last decision, within the undo window, unless another decision
    followed.
    """
    if row is None:
        return Refused(code="no_such_review")
    if repeated := row.decision_of(command.request, command.reviewer):
        return Repeated(decision=repeated)
    last = row.last_decision
    if refusal := _refusal(row, command, now=now, rules=rules):
        return refusal
    assert last is not None  # noqa: S101 - otherwise `_refusal` refused
    moment = stamp(now)
    first = first_verdict(row.decisions[:-1]) if last["kind"] == OPINION else None
    disagreement = disagreement_of(last, first, row.photo_id)
    return DecisionChange(
        row=row,
        kind=UNDO,
        verdict="",
        decided_by=command.reviewer,
        decided_at=moment,
        request=command.request,
        after=PhotoState.of(last["before"]),
        lease=Lease(
            lease_id=command.lease_id,
            owner=command.reviewer,
            since=moment,
            until=later(now, rules.lease_s),
            receipt="",
        ),
        tallies=tuple(tally.undone() for tally in tallies_of(last, first, last.get("known", ""))),
        disagreement=replace(disagreement, is_withdrawn=True) if disagreement else None,
    )


def undo_until(decided_at: str, rules: ReviewRules) -> str:
    """Return the end of the undo window of a decision."""
    return later(parse(decided_at), rules.undo_window_s)


def _refusal(
    row: ReviewRow, command: UndoCommand, *, now: datetime, rules: ReviewRules
) -> Refused | None:
    last = row.last_decision
    if last is None or last["kind"] not in {VERDICT, OPINION}:
        return Refused(code="undo_refused", facts={"why": "nothing_to_undo"})
    if row.decision_seq != command.decision_seq or int(last["seq"]) != row.decision_seq:
        facts = {name: last[name] for name in ("decided_by", "decided_at")}
        return Refused(code="undo_refused", facts={"why": "decided_since", **facts})
    if last["decided_by"] != command.reviewer:
        return Refused(code="undo_refused", facts={"why": "not_yours"})
    if row.state.status != last["after"]["status"]:
        # The workflow has processed the photo again, so the state before is out of date.
        return Refused(code="undo_refused", facts={"why": "decided_since"})
    if stamp(now) > undo_until(last["decided_at"], rules):
        return Refused(code="undo_expired")
    return None
