"""Records as reviewers see them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from handlers.domain.moments import parse, stamp
from handlers.domain.review_row import Image, ReviewRow
from handlers.domain.review_rules import NEITHER, UNUSABLE, ReviewRules
from handlers.reviews import shapes

_LABELS = {NEITHER: "Neither", UNUSABLE: "Unusable"}


def review_of(row: ReviewRow, rules: ReviewRules) -> shapes.Review:
    """Of a row that is leased."""
    if row.lease is None:
        raise ValueError("a review that nobody holds is shown to nobody")
    reason, text = rules.reason_shown(row)
    given = row.classification.get("probabilities")
    probabilities = {str(name): float(p) for name, p in given.items()} if given else None
    return shapes.Review(
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


def choices_of(rules: ReviewRules) -> shapes.Choices:
    """In the order of the keys."""
    labels = {name: name.replace("_", " ").capitalize() for name in rules.order_ranges} | _LABELS
    return shapes.Choices(
        choices=tuple(shapes.Choice(verdict=name, label=labels[name]) for name in rules.verdicts),
        undo_window_s=round(rules.undo_window_s),
        lease_s=round(rules.lease_s),
    )


def queue_of(
    rows: Iterable[ReviewRow], *, most: int, reviewer: str, now: datetime, decided_today: int
) -> shapes.QueueState:
    """`rows` are the open reviews, oldest first, `most` of them at most."""
    seen = waiting = mine = colleagues = 0
    oldest = None
    moment = stamp(now)
    for row in rows:
        seen += 1
        if row.lease and row.lease.is_active(moment):
            mine += row.lease.owner == reviewer
            colleagues += row.lease.owner != reviewer
        elif row.state.first_by != reviewer:  # a second opinion waits for somebody else
            waiting += 1
            oldest = oldest or row.received_at
    return shapes.QueueState(
        waiting=waiting,
        waiting_is_exact=seen < most,
        held_by_me=mine,
        held_by_colleagues=colleagues,
        oldest_received_at=oldest,
        oldest_age_s=max(0, round((now - parse(oldest)).total_seconds())) if oldest else None,
        decided_by_me_today=decided_today,
    )


def agreement_of(
    agreement: Sequence[Image], known: Sequence[Image], disagreements: Sequence[Image]
) -> shapes.AgreementReport:
    """From the records of the reviewers' table; user names hold no `#`."""
    return shapes.AgreementReport(
        agreement=tuple(
            shapes.Agreement(
                reviewer=record["name"].partition("#")[0],
                verdict=record["name"].partition("#")[2],
                pairs=int(record["pairs"]),
                agreed=int(record["agreed"]),
            )
            for record in agreement
        ),
        known=tuple(
            shapes.KnownResult(
                reviewer=record["name"].partition("#")[0],
                truth=record["name"].partition("#")[2],
                shown=int(record["shown"]),
                right=int(record["right"]),
            )
            for record in known
        ),
        disagreements=tuple(
            shapes.Disagreement(
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
