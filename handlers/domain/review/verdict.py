"""From a verdict to what the photo becomes: pure, and fenced by `decision_seq`."""

from dataclasses import dataclass, replace
from datetime import datetime

from handlers.domain.decision.route import hours_after
from handlers.domain.review.change import OPINION, VERDICT, DecisionChange, Refused, Repeated
from handlers.domain.review.row import ItemImage, PhotoState, ReviewRow
from handlers.domain.review.rules import NOBODYS_PHOTO, REFUSALS, ReviewRules
from handlers.domain.review.tallies import disagreement_of, tallies_of
from handlers.domain.timestamps import later, stamp

SECOND_OPINION_WITHIN_S = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedVerdict:
    """What a reviewer sent."""

    reviewer: str
    verdict: str
    lease_id: str
    decision_seq: int
    request: str  # the Idempotency-Key


def apply_verdict(
    row: ReviewRow | None,
    ballot: SubmittedVerdict,
    *,
    now: datetime,
    rules: ReviewRules,
    known: str = "",
) -> DecisionChange | Repeated | Refused:
    """`known` is what is truly to be seen, where the photo is one of the seeded items.

    An expired lease still counts as long as nobody else has taken the photo since: a verdict that
    was made offline is not lost.
    """
    if row is None:
        return Refused(code="no_such_review")
    if repeated := row.decision_of(ballot.request, ballot.reviewer):
        return Repeated(decision=repeated)
    if row.state.review != "open" or row.decision_seq != ballot.decision_seq:
        return already_decided(row, now)
    if not holds(row, ballot.lease_id, ballot.reviewer):
        return lease_lost(row, now)
    return _change(row, ballot, now=now, rules=rules, known=known)


def holds(row: ReviewRow, lease_id: str, reviewer: str) -> bool:
    """Whether this is the lease that was given last, expired or not."""
    lease = row.lease
    return lease is not None and (lease.lease_id, lease.owner) == (lease_id, reviewer)


def already_decided(row: ReviewRow, now: datetime) -> Refused:
    """Who was faster, and when; the review is only lost where it is open again."""
    last = row.last_decision
    if last is None or last["kind"] not in {VERDICT, OPINION}:
        return lease_lost(row, now)
    facts = {name: last[name] for name in ("decided_by", "decided_at", "verdict")}
    return Refused(code="already_decided", facts={**facts, "decision_seq": row.decision_seq})


def lease_lost(row: ReviewRow, now: datetime) -> Refused:
    """Who holds the review now, if anybody does."""
    holder = row.lease.owner if row.lease and row.lease.is_active(stamp(now)) else None
    return Refused(code="lease_lost", facts={"held_by": holder})


def state_after(row: ReviewRow, verdict: str, reviewer: str, rules: ReviewRules) -> PhotoState:
    """What a first verdict makes of the photo; whether it is superseded is settled later."""
    closed = PhotoState(status="", review="done", review_reason=row.state.review_reason)
    if verdict in REFUSALS:
        reason, message = REFUSALS[verdict]
        return replace(
            closed, status="rejected", reason=reason, message=message, decided_by=reviewer
        )
    if not row.driver_id:
        reason, message = NOBODYS_PHOTO
        return replace(
            closed,
            status="rejected",
            reason=reason,
            message=message,
            vehicle=verdict,
            decided_by=reviewer,
        )
    if row.state.status == "assigned" and row.state.vehicle == verdict:
        return replace(row.state, review="done")  # confirmed: what stands goes on standing
    return replace(
        closed,
        status="assigned",
        vehicle=verdict,
        order_range=rules.order_ranges[verdict],
        valid_until=hours_after(row.uploaded_at, rules.valid_hours),
        decided_by=reviewer,
    )


def _change(
    row: ReviewRow, ballot: SubmittedVerdict, *, now: datetime, rules: ReviewRules, known: str
) -> DecisionChange:
    is_opinion = bool(row.state.first_by)
    kind = OPINION if is_opinion else VERDICT
    if is_opinion:
        after = replace(row.state, review="done", first_by="", second_until="")
    else:
        after = state_after(row, ballot.verdict, ballot.reviewer, rules)
        if rules.needs_second_opinion(row):
            until = later(now, SECOND_OPINION_WITHIN_S)
            after = replace(after, review="open", first_by=ballot.reviewer, second_until=until)
    decided_at = stamp(now)
    said = {
        "kind": kind,
        "verdict": ballot.verdict,
        "decided_by": ballot.reviewer,
        "decided_at": decided_at,
    }
    first = first_verdict(row.decisions) if is_opinion else None
    return DecisionChange(
        row=row,
        kind=kind,
        verdict=ballot.verdict,
        decided_by=ballot.reviewer,
        decided_at=decided_at,
        request=ballot.request,
        after=after,
        lease_id_needed=ballot.lease_id,
        known=known,
        tallies=tallies_of(said, first, known),
        disagreement=disagreement_of(said, first, row.photo_id),
    )


def first_verdict(decisions: tuple[ItemImage, ...]) -> ItemImage | None:
    """The verdict that a second opinion stands beside."""
    return next((each for each in reversed(decisions) if each["kind"] == VERDICT), None)
