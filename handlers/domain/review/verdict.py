"""From a verdict to the next state of the photo, fenced by `decision_seq` and the lease."""

from dataclasses import dataclass, replace
from datetime import datetime

from handlers.domain.decision.policy import hours_after
from handlers.domain.review.change import OPINION, VERDICT, DecisionChange, Refused, Repeated
from handlers.domain.review.row import ItemImage, PhotoState, ReviewRow
from handlers.domain.review.rules import REJECTIONS, WITHOUT_DRIVER, ReviewRules
from handlers.domain.review.tallies import disagreement_of, tallies_of
from handlers.domain.timestamps import later, stamp

SECOND_OPINION_WITHIN_S = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedVerdict:
    """A verdict with the lease and decision number that the reviewer's page had."""

    reviewer: str
    verdict: str
    lease_id: str
    decision_seq: int
    request: str  # names the request: a repeat has the same


def apply_verdict(
    row: ReviewRow | None,
    submitted: SubmittedVerdict,
    *,
    now: datetime,
    rules: ReviewRules,
    known: str = "",
) -> DecisionChange | Repeated | Refused:
    """Return the change that records the verdict, or why it cannot be recorded.

    `known` is the true verdict if the photo is a known item, else empty. An expired lease still
    counts until another reviewer takes the photo, so a verdict given offline is not lost.
    """
    if row is None:
        return Refused(code="no_such_review")
    if repeated := row.decision_of(submitted.request, submitted.reviewer):
        return Repeated(decision=repeated)
    if row.state.review != "open" or row.decision_seq != submitted.decision_seq:
        return already_decided(row, now)
    if not holds(row, submitted.lease_id, submitted.reviewer):
        return lease_lost(row, now)
    return _change(row, submitted, now=now, rules=rules, known=known)


def holds(row: ReviewRow, lease_id: str, reviewer: str) -> bool:
    """Whether this is the reviewer's lease and the latest one, expired or not."""
    lease = row.lease
    return lease is not None and (lease.lease_id, lease.owner) == (lease_id, reviewer)


def already_decided(row: ReviewRow, now: datetime) -> Refused:
    """Refuse with the other decision, or as a lost lease if the review is open again."""
    last = row.last_decision
    if last is None or last["kind"] not in {VERDICT, OPINION}:
        return lease_lost(row, now)
    facts = {name: last[name] for name in ("decided_by", "decided_at", "verdict")}
    return Refused(code="already_decided", facts={**facts, "decision_seq": row.decision_seq})


def lease_lost(row: ReviewRow, now: datetime) -> Refused:
    """Refuse with the reviewer who holds the review now, if there is one."""
    holder = row.lease.owner if row.lease and row.lease.is_active(stamp(now)) else None
    return Refused(code="lease_lost", facts={"held_by": holder})


def state_after(row: ReviewRow, verdict: str, reviewer: str, rules: ReviewRules) -> PhotoState:
    """Return the state after a first verdict; `plan_assignment_update` sets `superseded`."""
    closed = PhotoState(status="", review="done", review_reason=row.state.review_reason)
    if verdict in REJECTIONS:
        reason, message = REJECTIONS[verdict]
        return replace(
            closed, status="rejected", reason=reason, message=message, decided_by=reviewer
        )
    if not row.driver_id:
        reason, message = WITHOUT_DRIVER
        return replace(
            closed,
            status="rejected",
            reason=reason,
            message=message,
            vehicle=verdict,
            decided_by=reviewer,
        )
    if row.state.status == "assigned" and row.state.vehicle == verdict:
        return replace(row.state, review="done")  # confirmed: the assignment stays as it is
    return replace(
        closed,
        status="assigned",
        vehicle=verdict,
        order_range=rules.order_ranges[verdict],
        valid_until=hours_after(row.uploaded_at, rules.valid_hours),
        decided_by=reviewer,
    )


def _change(
    row: ReviewRow, submitted: SubmittedVerdict, *, now: datetime, rules: ReviewRules, known: str
) -> DecisionChange:
    is_opinion = bool(row.state.first_by)
    kind = OPINION if is_opinion else VERDICT
    if is_opinion:
        after = replace(row.state, review="done", first_by="", second_until="")
    else:
        after = state_after(row, submitted.verdict, submitted.reviewer, rules)
        if rules.needs_second_opinion(row):
            until = later(now, SECOND_OPINION_WITHIN_S)
            after = replace(after, review="open", first_by=submitted.reviewer, second_until=until)
    decided_at = stamp(now)
    decision = {
        "kind": kind,
        "verdict": submitted.verdict,
        "decided_by": submitted.reviewer,
        "decided_at": decided_at,
    }
    first = first_verdict(row.decisions) if is_opinion else None
    return DecisionChange(
        row=row,
        kind=kind,
        verdict=submitted.verdict,
        decided_by=submitted.reviewer,
        decided_at=decided_at,
        request=submitted.request,
        after=after,
        lease_id_needed=submitted.lease_id,
        known=known,
        tallies=tallies_of(decision, first, known),
        disagreement=disagreement_of(decision, first, row.photo_id),
    )


def first_verdict(decisions: tuple[ItemImage, ...]) -> ItemImage | None:
    """Return the latest verdict, to which a second opinion is compared."""
    verdicts = (decision for decision in reversed(decisions) if decision["kind"] == VERDICT)
    return next(verdicts, None)
