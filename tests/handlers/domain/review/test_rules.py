"""Samples depend on a secret and not on each other; leases end; every photo is offered again."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from handlers.domain.review.lease import (
    COLLEAGUES_FIRST_S,
    LONGEST_LEASE_S,
    MOST_SKIPS,
    Defer,
    Drop,
    Lapse,
    Take,
    extend,
    offer,
    skipped_by,
)
from handlers.domain.review.row import Lease, ReviewRow
from handlers.domain.timestamps import stamp
from tests.handlers.domain.review.test_decisions import RULES, a_photo

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROW = ReviewRow.from_item(a_photo(0, "in_review"))
AUDIT = ReviewRow.from_item(a_photo(0, "audited"))


def in_seconds(seconds: float) -> str:
    return stamp(NOW + timedelta(seconds=seconds))


def rows(count: int) -> list[ReviewRow]:
    ids = [hashlib.sha256(str(index).encode()).hexdigest() for index in range(count)]
    return [replace(ROW, photo_id=photo) for photo in ids]


def a_lease(**changes: str) -> Lease:
    lease = Lease(
        lease_id="l", owner="anna", since=in_seconds(-60), until=in_seconds(60), receipt=""
    )
    return replace(lease, **changes)


def test_about_the_blind_share_of_ordinary_reviews_is_blind() -> None:
    assert sum(map(RULES.is_blind, rows(4000))) == pytest.approx(1000, rel=0.1)


def test_blind_reviews_and_second_opinions_are_independent_samples() -> None:
    blind = [row for row in rows(4000) if RULES.is_blind(row)]
    assert sum(map(RULES.needs_second_opinion, blind)) == pytest.approx(0.4 * len(blind), rel=0.1)


def test_another_salt_draws_another_sample() -> None:
    other = replace(RULES, salt="another")
    differing = [row for row in rows(400) if RULES.is_blind(row) != other.is_blind(row)]
    assert differing


def test_every_audit_is_blind_and_shows_the_reason_of_any_blind_review() -> None:
    no_others = replace(RULES, blind_share=0)
    all_others = replace(RULES, blind_share=1)
    assert no_others.is_blind(AUDIT)
    assert not no_others.is_blind(ROW)
    assert no_others.reason_shown(AUDIT) == all_others.reason_shown(ROW)
    assert "audit" not in " ".join(no_others.reason_shown(AUDIT))


def test_a_second_opinion_is_asked_for_once() -> None:
    always = replace(RULES, second_share=1)
    assert always.needs_second_opinion(ROW)
    reviewed_twice = replace(ROW, decisions=({"kind": "opinion"},))
    assert not always.needs_second_opinion(reviewed_twice)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (None, Drop()),
        (replace(ROW, state=replace(ROW.state, review="done")), Drop()),
        (ROW, Take()),
        (replace(ROW, lease=a_lease()), Defer(seconds=60)),
        (replace(ROW, lease=a_lease(until=in_seconds(-1))), Take()),
        (replace(ROW, skipped={"ben": in_seconds(30)}), Defer(seconds=31)),
        (replace(ROW, skipped={"anna": in_seconds(30)}), Take()),
        (replace(ROW, skipped={"ben": in_seconds(-1)}), Take()),
    ],
)
def test_the_offer_depends_on_review_lease_and_skips(
    row: ReviewRow | None, expected: object
) -> None:
    assert offer(row, "ben", NOW) == expected


def test_a_second_opinion_is_offered_to_a_colleague_and_lapses() -> None:
    state = replace(ROW.state, first_by="ben", second_until=in_seconds(60))
    row = replace(ROW, state=state)
    assert isinstance(offer(row, "ben", NOW), Defer)
    assert isinstance(offer(row, "anna", NOW), Take)
    assert isinstance(offer(row, "ben", NOW + timedelta(minutes=2)), Lapse)


def test_a_lease_cannot_be_extended_beyond_the_longest() -> None:
    young, old = a_lease(), a_lease(since=in_seconds(-LONGEST_LEASE_S))
    renewed = extend(young, NOW, 120)
    assert renewed is not None
    assert renewed.until == in_seconds(120)
    assert extend(old, NOW, 120) is None


def test_a_row_keeps_the_latest_skips_only() -> None:
    row = replace(ROW, skipped={f"r{i:02}": in_seconds(i) for i in range(MOST_SKIPS)})
    skipped = skipped_by(row, "ben", NOW)
    assert len(skipped) == MOST_SKIPS
    assert skipped["ben"] == in_seconds(COLLEAGUES_FIRST_S)
    assert "r00" not in skipped
