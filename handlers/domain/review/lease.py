"""Leases: who may hold a review, for how long, and what to do with a message in the meantime."""

from dataclasses import dataclass
from datetime import datetime

from handlers.domain.review.row import Lease, ReviewRow
from handlers.domain.timestamps import later, parse, stamp

# The longest a lease can be extended to: otherwise a page that is left open would keep its photo.
LONGEST_LEASE_S = 1800
COLLEAGUES_FIRST_S = 300  # after a skip; then the photo is offered to the same reviewer again
LEAST_DEFER_S = 2
LONGEST_DEFER_S = 60
MOST_SKIPS = 20  # kept in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """The review is free, and this reviewer may have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defer:
    """Not for this reviewer now: the message comes back after a while."""

    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Nothing is left to decide: the message is a surplus one, or its photo was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """No second opinion was given in time: the review ends with the first verdict."""


def offer(row: ReviewRow | None, reviewer: str, now: datetime) -> Take | Defer | Drop | Lapse:
    """Return what to do with a review that this reviewer could get next."""
    if row is None or row.state.review != "open":
        return Drop()
    moment = stamp(now)
    if row.lease and row.lease.is_active(moment):
        return _until(row.lease.until, now)
    if row.state.first_by and row.state.second_until <= moment:
        return Lapse()
    if row.state.first_by == reviewer:
        return Defer(seconds=LONGEST_DEFER_S)
    if row.skipped.get(reviewer, "") > moment:
        return _until(row.skipped[reviewer], now)
    return Take()


def extend(lease: Lease, now: datetime, lease_s: float) -> Lease | None:
    """Return the lease, extended by `lease_s` from now; None beyond `LONGEST_LEASE_S` in all."""
    if (now - parse(lease.since)).total_seconds() + lease_s > LONGEST_LEASE_S:
        return None
    return Lease(
        lease_id=lease.lease_id,
        owner=lease.owner,
        since=lease.since,
        until=later(now, lease_s),
        receipt=lease.receipt,
    )


def skipped_by(row: ReviewRow, reviewer: str, now: datetime) -> dict[str, str]:
    """Return `skipped` of the row with this reviewer added; the oldest beyond `MOST_SKIPS` go."""
    others = {name: until for name, until in row.skipped.items() if name != reviewer}
    kept = sorted(others.items(), key=lambda skip: skip[1])[1 - MOST_SKIPS :]
    return {**dict(kept), reviewer: later(now, COLLEAGUES_FIRST_S)}


def _until(moment: str, now: datetime) -> Defer:
    seconds = (parse(moment) - now).total_seconds()
    return Defer(seconds=round(min(max(seconds + 1, LEAST_DEFER_S), LONGEST_DEFER_S)))
