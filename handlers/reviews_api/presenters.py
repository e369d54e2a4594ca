"""Builds the responses and problems for reviewers from records and refusals."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from handlers.domain.review.change import Refused
from handlers.domain.review.row import ItemImage, ReviewRow
from handlers.domain.review.rules import NEITHER, UNUSABLE, ReviewRules
from handlers.domain.timestamps import parse, stamp
from handlers.http_api.contract.reviews import (
    ALREADY_DECIDED,
    LEASE_LOST,
    NO_SUCH_REVIEW,
    UNDO_EXPIRED,
    UNDO_REFUSED,
)
from handlers.http_api.contract.reviews_schemas import (
    AgreementReport,
    Choice,
    Choices,
    Disagreement,
    KnownResult,
    QueueStatus,
    Review,
    ReviewerAgreement,
)
from handlers.http_api.problems import Problem, ProblemKind

_KINDS: dict[str, tuple[ProblemKind, str]] = {
    "lease_lost": (LEASE_LOST, "Go on with the next photo; nothing was changed."),
    "already_decided": (
        ALREADY_DECIDED,
        "Go on with the next photo; that decision stays in force.",
    ),
    "no_such_review": (NO_SUCH_REVIEW, "Go on with the next photo."),
    "undo_refused": (UNDO_REFUSED, "The decision stays in force. Tell your lead if it is wrong."),
    "undo_expired": (UNDO_EXPIRED, "The decision stays in force. Tell your lead if it is wrong."),
}
_LABELS = {NEITHER: "Neither", UNUSABLE: "Unusable"}


def present_review(row: ReviewRow, rules: ReviewRules) -> Review:
    """Return the review of a row.

    Raises: ValueError, if the row is not leased.
    """
    if row.lease is None:
        raise ValueError("a review is shown to the holder of its lease only")
    reason, text = rules.reason_shown(row)
    stored = row.classification.get("probabilities")
    probabilities = {str(name): float(p) for name, p in stored.items()} if stored else None
    return Review(
        photo_id=row.photo_id,
        lease_id=row.lease.lease_id,
        lease_until=row.lease.until,
        decision_seq=row.decision_seq,
        reason=reason,
        reason_text=text,
        probabilities=None if rules.is_blind(row) else probabilities,
        received_at=row.received_at,
        image_url=f"/reviews/{row.photo_id}/image?lease_id={row.lease.lease_id}",
        key=row.key.rsplit("/", 1)[-1],
    )


def present_choices(rules: ReviewRules) -> Choices:
    """Return the verdicts in the order of the keys."""
    labels = {name: name.replace("_", " ").capitalize() for name in rules.order_ranges} | _LABELS
    return Choices(
        choices=tuple(Choice(verdict=name, label=labels[name]) for name in rules.verdicts),
        undo_window_s=round(rules.undo_window_s),
        lease_s=round(rules.lease_s),
    )


def present_queue(
    rows: Iterable[ReviewRow], *, most: int, reviewer: str, now: datetime, decided_today: int
) -> QueueStatus:
    """Count open reviews; `rows` are the oldest ones, sorted, and at most `most`."""
    seen = waiting = mine = colleagues = 0
    oldest = None
    moment = stamp(now)
    for row in rows:
        seen += 1
        if row.lease and row.lease.is_active(moment):
            mine += row.lease.owner == reviewer
            colleagues += row.lease.owner != reviewer
        elif row.state.first_by != reviewer:  # a second opinion waits for a colleague
            waiting += 1
            oldest = oldest or row.received_at
    return QueueStatus(
        waiting=waiting,
        waiting_is_exact=seen < most,
        held_by_me=mine,
        held_by_colleagues=colleagues,
        oldest_received_at=oldest,
        oldest_age_s=max(0, round((now - parse(oldest)).total_seconds())) if oldest else None,
        decided_by_me_today=decided_today,
    )


def present_agreement(
    agreement: Sequence[ItemImage], known: Sequence[ItemImage], disagreements: Sequence[ItemImage]
) -> AgreementReport:
    """Return the report of records of the reviewers' table, named `<reviewer>#<verdict>`."""
    return AgreementReport(
        agreement=tuple(
            ReviewerAgreement(
                reviewer=record["name"].partition("#")[0],
                verdict=record["name"].partition("#")[2],
                pairs=int(record["pairs"]),
                agreed=int(record["agreed"]),
            )
            for record in agreement
        ),
        known=tuple(
            KnownResult(
                reviewer=record["name"].partition("#")[0],
                truth=record["name"].partition("#")[2],
                shown=int(record["shown"]),
                right=int(record["right"]),
            )
            for record in known
        ),
        disagreements=tuple(
            Disagreement(
                photo_id=record["photo_id"],
                first_by=record["first_by"],
                first_verdict=record["first_verdict"],
                second_by=record["second_by"],
                second_verdict=record["second_verdict"],
                decided_at=record["decided_at"],
            )
            for record in disagreements
        ),
    )


def present_refusal(refused: Refused) -> Problem:
    """Return the problem of a refusal; its detail is what the reviewer can do."""
    kind, detail = _KINDS[refused.code]
    return Problem(kind, detail, **{name: refused.facts.get(name) for name in kind.extra})
