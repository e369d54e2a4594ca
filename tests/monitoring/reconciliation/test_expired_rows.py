"""A row that only waits for DynamoDB to delete it is not repaired, requeued or labelled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.reconciliation.checker import check
from monitoring.reconciliation.photo_invariants import InvariantContext, violations_of
from monitoring.reconciliation.redrive import redrive
from monitoring.reconciliation.repair_plan import RepairDeadlines, forgotten_review, unfinished
from tests.monitoring.reconciliation.test_checker import a_row, an_inventory

NOW = datetime(2027, 11, 22, 18, tzinfo=UTC)
PAST = int((NOW - timedelta(minutes=1)).timestamp())
LATER = int((NOW + timedelta(minutes=1)).timestamp())
DEADLINES = RepairDeadlines()
STUCK = a_row(status="received", review="none")
FORGOTTEN = a_row(status="in_review", review="open", enqueued_at="")


@pytest.mark.parametrize(("kept_until", "is_repaired"), [(0, True), (LATER, True), (PAST, False)])
def test_the_sweeper_repairs_no_expired_row(kept_until: int, is_repaired: bool) -> None:
    stuck, forgotten = (replace(row, kept_until=kept_until) for row in (STUCK, FORGOTTEN))
    assert bool(unfinished(stuck, now=NOW, deadlines=DEADLINES)) is is_repaired
    assert bool(forgotten_review(forgotten, now=NOW, deadlines=DEADLINES)) is is_repaired


def test_reconciliation_finds_no_violation_of_an_expired_row() -> None:
    row = replace(a_row(status="failed"), kept_until=PAST)
    inventory = replace(
        an_inventory(row), as_of=NOW.isoformat(), failure_messages=(), labels=(), assignments=()
    )
    context = InvariantContext.of(inventory, grace=timedelta(0))
    assert violations_of(row, context) == []
    assert violations_of(replace(row, kept_until=LATER), context) != []
    assigned = replace(a_row(), kept_until=PAST)
    assert not check(replace(inventory, ledger=(assigned,), objects=())).violations


def test_an_expired_photo_is_not_redriven() -> None:
    item: dict[str, Any] = {
        name: getattr(a_row(status="failed"), name)
        for name in (
            *("photo_id", "bucket", "key", "etag", "status", "attempt", "execution_arn"),
            *("uploaded_at", "claimed_at", "updated_at", "review"),
        )
    } | {"kept_until": PAST}
    (result,) = redrive([item], None, now=NOW)  # type: ignore[arg-type] # it is not called
    assert result.outcome == "expired"
