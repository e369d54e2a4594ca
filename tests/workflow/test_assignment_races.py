"""A verdict on a driver's newer photo, at any moment of the older photo's execution.

In the end dispatch reads the driver's newest assigned photo, whichever write came first.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from moto.dynamodb.responses import DynamoHandler

from handlers.aws.review_decisions import Decided, ReviewLedger
from handlers.aws.review_transactions import Tables
from handlers.domain.ledger.schema import REVIEWERS
from handlers.domain.review.verdict import SubmittedVerdict, apply_verdict
from tests.handlers.domain.review.test_decisions import RULES
from tests.tables import create_table
from tests.workflow.harness import WorkflowHarness, a_decision, always, an_event

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEWER, OLDER = "2026-11-22T18:05:00Z", "2026-11-22T18:00:00Z"
TABLES = Tables(photos="photos", assignments="assignments", reviewers="reviewers")


@pytest.fixture
def newer(workflow: WorkflowHarness) -> Iterator[str]:
    """The driver's newer photo, assigned and leased to an auditor."""
    create_table(workflow.dynamodb.meta.client, REVIEWERS, TABLES.reviewers)
    workflow.steps["filter"] = [always(a_decision("assign_and_audit", "audit"))]
    workflow.run(an_event("intake/d1/new.jpg", time=NEWER))
    photo_id: str = workflow.photo()["photo_id"]
    lease = {"lease_id": "l", "lease_owner": "rita", "lease_since": NEWER, "lease_until": NEWER}
    workflow.dynamodb.Table("photos").put_item(Item={**workflow.photo(), **lease})
    workflow.steps["filter"] = [always(a_decision(vehicle="motorcycle"))]
    yield photo_id
    workflow.dynamodb.Table(TABLES.reviewers).delete()


def _reject(photo_id: str, dynamodb: "DynamoDBClient | None" = None) -> None:
    """Decide that the photo shows no vehicle."""
    ledger = ReviewLedger(
        dynamodb or boto3.client("dynamodb"), tables=TABLES, pause=lambda _attempt: None
    )
    verdict = SubmittedVerdict(
        reviewer="rita", verdict="neither", lease_id="l", decision_seq=0, request="r"
    )
    decided = ledger.decide(
        photo_id, lambda row: apply_verdict(row, verdict, now=datetime.now(UTC), rules=RULES)
    )
    assert isinstance(decided, Decided)


def _run_older(workflow: WorkflowHarness) -> list[str]:
    outcome = workflow.run(an_event("intake/d1/old.jpg", time=OLDER))
    assert outcome.status == "SUCCEEDED"
    return outcome.states


def _before_first(
    monkeypatch: pytest.MonkeyPatch, call: str, text: str, act: Callable[[], None]
) -> None:
    """Run `act` before moto answers the first such request that contains the text."""
    real = getattr(DynamoHandler, call)
    acts = [act]

    def hooked(self: DynamoHandler) -> Any:  # as moto's
        if acts and text in repr(self.body):
            acts.pop()()
        return real(self)

    monkeypatch.setattr(DynamoHandler, call, hooked)


def _vehicles(workflow: WorkflowHarness) -> list[str]:
    """Return what dispatch reads."""
    return [assignment["vehicle"] for assignment in workflow.assignments()]


def test_a_verdict_before_the_assignment_is_read_again(
    workflow: WorkflowHarness, newer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer photo has gone when the older one asks who had won: it is assigned itself."""
    _before_first(monkeypatch, "get_item", "assignments", lambda: _reject(newer))
    assert "AssignAgain" in _run_older(workflow)
    assert _vehicles(workflow) == ["motorcycle"]


def test_a_verdict_after_the_assignment_was_read_again(
    workflow: WorkflowHarness, newer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer photo was read as the winner, and is rejected before that is recorded."""
    _before_first(monkeypatch, "transact_write_items", "last_superseded", lambda: _reject(newer))
    states = _run_older(workflow)
    assert states.index("AssignSuperseded") < states.index("AssignAgain")
    assert _vehicles(workflow) == ["motorcycle"]
    old = next(row for row in workflow.photos() if row["upload_id"] == "old")
    assert (old["status"], old.get("superseded", False)) == ("assigned", False)


def test_the_older_photo_is_assigned_after_the_verdict_has_looked_for_a_successor(
    workflow: WorkflowHarness, newer: str
) -> None:
    """The verdict read that the driver has no other assigned photo, and removes the assignment."""
    dynamodb = boto3.client("dynamodb")
    real, runs = dynamodb.transact_write_items, [lambda: _run_older(workflow)]

    def late(**request: Any) -> Any:  # as boto3's
        if runs:
            assert "AssignSuperseded" in runs.pop()()
        return real(**request)

    cast("Any", dynamodb).transact_write_items = late
    _reject(newer, dynamodb)
    assert _vehicles(workflow) == ["motorcycle"]


def test_the_index_has_not_got_the_older_photo_yet(workflow: WorkflowHarness, newer: str) -> None:
    """An index shows a write some time later; the assignment itself names the photo."""
    assert "AssignSuperseded" in _run_older(workflow)
    dynamodb = boto3.client("dynamodb")
    cast("Any", dynamodb).query = lambda **_request: {"Items": []}
    _reject(newer, dynamodb)
    assert _vehicles(workflow) == ["motorcycle"]


def test_the_index_shows_the_older_photo_as_it_was_before_it_was_assigned(
    workflow: WorkflowHarness, newer: str
) -> None:
    _run_older(workflow)
    workflow.dynamodb.Table("assignments").update_item(
        Key={"driver_id": "d1"}, UpdateExpression="REMOVE last_superseded"
    )
    dynamodb = boto3.client("dynamodb")
    real = dynamodb.query

    def stale(**request: Any) -> Any:  # as boto3's
        response = real(**request)
        for item in response["Items"]:
            item.update({"status": {"S": "received"}} if "status" in item else {})
        return response

    cast("Any", dynamodb).query = stale
    _reject(newer, dynamodb)
    assert _vehicles(workflow) == ["motorcycle"]
